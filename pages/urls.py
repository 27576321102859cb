from django.urls import path

from pages import feeds, preview, views
from pages.search_view import search_page

app_name = "pages"
urlpatterns = [
    path("", views.page, name="home"),
    path("conditions/", views.index, name="conditions"),
    path("treatments/", views.index, name="treatments"),
    path("guides/", views.index, name="guides"),
    path("guides/feed.xml", feeds.guides, name="feed"),
    path("questions/", views.questions, name="questions"),
    path("a-to-z/", views.a_to_z, name="a_to_z"),
    path("preview/<str:token>/", preview.shared, name="preview"),
    path("search/", search_page, name="search"),
    path("conditions/<slug:slug>/", views.page, name="condition"),
    path("treatments/<slug:slug>/", views.page, name="treatment"),
    path("guides/<slug:slug>/", views.page, name="guide"),
    path("<slug:slug>/", views.page, name="plain"),
]
