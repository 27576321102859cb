from django.urls import path

from intake import views

app_name = "intake"
urlpatterns = [
    path("request-a-consultation/", views.request_consultation, name="request"),
    path("request-a-consultation/sent/<str:token>/", views.sent, name="sent"),
]
