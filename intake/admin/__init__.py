"""The staff's desk: what they see of requests and e-mails in Django admin, and the buttons.

Nothing here changes a row; each button calls a verb of the model.
"""

from intake.admin import enquiries, emails, policies, danger_word, retention, access  # noqa: F401, I001  # registers them, in this order
from intake.admin import canned_reply, desk_settings  # noqa: F401  # last in the list
