from django.urls import path

from intake import patient_views, views

app_name = "intake"
urlpatterns = [
    path("request-a-consultation/", views.request_consultation, name="request"),
    path("request-a-consultation/sent/<str:token>/", views.sent, name="sent"),
    path("your-request/", patient_views.your_request, name="your_request"),
    path("your-request/asked/", patient_views.link_sent, name="link_sent"),
    path("your-request/open/<str:token>/", patient_views.open_request, name="open_request"),
    path("your-request/change/", patient_views.change, name="change_contact"),
    path("your-request/back/", patient_views.back, name="back_to_request"),
    path("your-request/withdraw/", patient_views.ask_withdraw, name="ask_withdraw"),
    path("your-request/withdraw/yes/", patient_views.withdraw, name="withdraw"),
]
