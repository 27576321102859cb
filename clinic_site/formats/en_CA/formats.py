"""How staff read a time: by 24 hours, as the desk's own lists write it. The rest is Django's for Canada."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
