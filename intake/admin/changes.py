"""What the admin's log says of a change of settings: each field with what it was and what it is."""

from typing import Any

from django import forms


def changes_told(form: "forms.ModelForm[Any]") -> str:
    told = []
    for name in form.changed_data:
        before, after = form.initial.get(name), form.cleaned_data.get(name)
        label = form.fields[name].label or name
        told.append(f"{label}: {_told(before)} → {_told(after)}")
    return "; ".join(told)


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(str("" if value is None else value).splitlines()) or "nothing"
