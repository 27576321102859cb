from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = "Requests and emails"

    def ready(self) -> None:
        from intake import attendance, delivery, replies

        delivery.EVERY_MINUTE += [attendance.tell_owner, replies.count_accepted]
