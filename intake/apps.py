from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = "Requests and emails"

    def ready(self) -> None:
        from intake import attendance, delivery

        delivery.EVERY_MINUTE.append(attendance.tell_owner)
        from intake import delivery, replies

        delivery.EVERY_MINUTE.append(replies.count_accepted)
