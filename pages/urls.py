from django.urls import path

from pages import views

app_name = "pages"
urlpatterns = [
    path("", views.page, name="home"),
    path("conditions/", views.index, name="conditions"),
    path("treatments/", views.index, name="treatments"),
    path("guides/", views.index, name="guides"),
    path("questions/", views.questions, name="questions"),
    path("conditions/<slug:slug>/", views.page, name="condition"),
    path("treatments/<slug:slug>/", views.page, name="treatment"),
    path("guides/<slug:slug>/", views.page, name="guide"),
    path("<slug:slug>/", views.page, name="plain"),
]
