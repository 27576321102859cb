"""Words of somebody who may be in danger: the results page then says first whom to call.

Kept in the code, not in a table: nobody may empty it by a slip. Too often is better than too seldom.
"""

import re

from pages.search.words import words_in

PHRASES = re.compile(
    r"\b(?:suicid\w*|kms|overdos\w*|unalive\w*|self ?harm\w*|selfharm\w*"
    r"|(?:kill|killing|hurt|hurting|harm|harming|cut|cutting|hang|hanging|shoot) (?:my ?self|me|him ?self|her ?self"
    r"|them ?sel\w+|your ?self|some ?one|somebody|people)"
    r"|end (?:it|it all|everything|my life|things|my suffering)|ending (?:it|my life|everything)"
    r"|(?:take|taking|took|lose) my (?:own )?life"
    r"|(?:want|wanna|going|ready|wish|hoping|plan|ways?|how) (?:to |i )?(?:die|be dead|was dead|were dead)"
    r"|better off dead|(?:no|not a) (?:reason|point)(?: in| to)? (?:live|living|go on|going on)"
    r"|(?:do not|dont|cant|can not|cannot) (?:want to )?(?:live|go on|be alive|be here|wake up|take it)(?: any ?more)?"
    r"|not worth living|jump off|slit my|988|9 8 8|911|emergency|crisis"
    r"|me tuer|me suicider|envie de mourir|en finir|veux mourir)\b"
)
NEARLY = ("suicide", "suicidal")


def speaks_of_danger(query: str) -> bool:
    words = words_in(query)
    return bool(PHRASES.search(" ".join(words))) or any(_is_nearly(word) for word in words)


def _is_nearly(word: str) -> bool:
    from pages.search.spelling import distance

    return len(word) > 4 and any(distance(word, right, most=2) <= 2 for right in NEARLY)
