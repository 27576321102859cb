"""A mistake in the shipped text is named with its file and line."""

import shutil
from pathlib import Path

import pytest

from pages.content_files import SHIPPED, Content, ContentError, parse_page, read_content

pytestmark = pytest.mark.once
FRONT = '+++\ntitle = "Title"\nsummary = "Summary"\n+++\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("clinic", "menus", "sources", "glossary"):
        shutil.copy(SHIPPED / f"{name}.toml", tmp_path)
    (tmp_path / "menus.toml").write_text('[[header]]\npage = "about"\nlabel = "Us"\n')
    write(tmp_path, "plain/about", FRONT + "\n=== text: Heading\n<p>Words.</p>\n")
    return tmp_path


def write(folder: Path, key: str, text: str) -> None:
    path = folder / f"{key}.html"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(ContentError) as caught:
        read_content(folder)
    return str(caught.value).splitlines()


def test_shipped_files_are_read(content: Content) -> None:
    assert len(content.pages) == 23
    assert content.clinic["name"] == "Ketamine Therapy Clinic"
    assert list(content.menus) == ["header", "footer"]


def test_page_is_read_whole() -> None:
    page = parse_page(
        "guides/walking",
        '+++\ntitle = "Walking"\nmenu_title = "Walk"\nsummary = "Why."\n'
        'related = ["plain/about"]\nstaff_note = """\nOwner to confirm.\n"""\n+++\n\n'
        "=== key_points: In short\n<ul>\n<li>One</li>\n</ul>\n\n"
        "=== text: A new heading {#old-heading}\n<p>One[@x-1].</p>\n<p>Two.</p>\n",
    )
    assert (page.kind, page.slug, page.title, page.menu_title) == (
        *("guide", "walking", "Walking", "Walk"),
    )
    assert page.staff_note == "Owner to confirm."
    assert page.related == ("plain/about",)
    assert [(block.kind, block.heading, block.anchor, block.body) for block in page.blocks] == [
        ("key_points", "In short", "in-short", "<ul>\n<li>One</li>\n</ul>"),
        ("text", "A new heading", "old-heading", "<p>One[@x-1].</p>\n<p>Two.</p>"),
    ]


def test_anchor_given_by_the_file_is_free_for_it_alone() -> None:
    page = parse_page(
        "guides/x", FRONT + "=== text: Risks\n<p>A</p>\n=== text: Other {#risks}\n<p>B</p>\n"
    )
    assert [block.anchor for block in page.blocks] == ["risks-2", "risks"]


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("=== text Heading\n<p>A</p>", 5, "a block begins like this"),
        ("=== text:\n<p>A</p>", 5, "a block begins like this"),
        ("=== video: Heading\n<p>A</p>", 5, "there is no kind video"),
        ("words\n=== text: H\n<p>A</p>", 5, "belongs to no block"),
        ("=== text: H\n\n=== text: I\n<p>A</p>", 5, "has no text"),
        ("=== text: H [@x]\n<p>A</p>", 5, "no citation"),
        ("=== text: H {#a}\n<p>A</p>\n=== text: I {#a}\n<p>A</p>", 5, "two blocks have the anchor"),
        ("=== text: H {#sources}\n<p>A</p>", 5, "the site's own"),
        ("=== text: H\n<p>A</p>\nwords", 7, "words must stand in a <p>"),
        ("=== text: H\n<p>A\n<p>B</p>", 7, "<p> can't stand inside <p>"),
        ("=== text: H\n<p>A</p>\n<ul>\n<li>B\n</ul>", 9, "</ul> closes nothing"),
        ("=== text: H\n<p>A", 6, "<p> is not closed"),
        ("=== text: H\n<p>A</p>\n<h2>B</h2>", 7, "<h2> can't stand here"),
        ("=== text: H\n<p class=x>A</p>", 6, "<p> can't have class"),
        ("=== text: H\n<p>A\n<script>x</script></p>", 7, "<script> can't stand inside <p>"),
        ('=== text: H\n<p><a href="javascript:x">A</a></p>', 6, "a link can't lead to"),
        ('=== text: H\n<p><a href="http://x.example">A</a></p>', 6, "a link can't lead to"),
        ('=== text: H\n<p><a href="conditions">A</a></p>', 6, "a link can't lead to"),
        ("=== text: H\n<p><a>A</a></p>", 6, "leads nowhere"),
        ("=== text: H\n<!-- TODO --><p>A</p>", 6, "use staff_note"),
        ("=== key_points: H\n<p>A</p>", 5, "holds one <ul>"),
        ("=== steps: H\n<ul><li>A</li></ul>", 5, "holds one <ol>"),
        ("=== do_dont: H\n<h3>Do</h3><ul><li>A</li></ul>", 5, "holds <h3>, <ul>, <h3>, <ul>"),
        ("=== table: H\n<p>A</p>", 5, "holds one <table>"),
    ],
)
def test_mistake_in_a_block(folder: Path, body: str, line: int, words: str) -> None:
    write(folder, "guides/x", FRONT + body)
    [found] = mistakes(folder)
    assert found.startswith(f"guides/x.html:{line}: ")
    assert words in found


@pytest.mark.parametrize(
    ("front", "line", "words"),
    [
        ("", 1, "must begin with its title"),
        ('+++\ntitle = "T"\n', 1, "must begin with its title"),
        ('+++\ntitle = "T"\n+++\n', 1, "summary is missing"),
        ('+++\ntitle = "T"\nsummary = "S\n+++\n', 3, ""),
        ('+++\ntitle = "T"\nsummary = "S"\nauthor = "A"\n+++\n', 4, "there is no author here"),
        ('+++\ntitle = 5\nsummary = "S"\n+++\n', 2, "title is a text"),
        ('+++\ntitle = "T"\nsummary = "' + "S" * 161 + '"\n+++\n', 3, "more than 160 characters"),
        ('+++\ntitle = "' + "T" * 121 + '"\nsummary = "S"\n+++\n', 2, "more than 120 characters"),
        ('+++\ntitle = "T"\nsummary = "S"\nrelated = "x"\n+++\n', 4, "related is a list"),
        ('+++\ntitle = "T"\nsummary = "S"\nrelated = ["a","a"]\n+++\n', 4, "twice"),
        (
            '+++\ntitle = "T"\nsummary = "S"\nrelated = ["a/b"]\n+++\n',
            4,
            "names no other page: a/b",
        ),
        ('+++\ntitle = "T"\nsummary = "S"\nrelated = ["guides/x"]\n+++\n', 4, "no other page"),
    ],
)
def test_mistake_in_the_front_matter(folder: Path, front: str, line: int, words: str) -> None:
    write(folder, "guides/x", front + ("=== text: H\n<p>A</p>\n" if front else ""))
    [found] = mistakes(folder)
    assert found.startswith(f"guides/x.html:{line}: ")
    assert words in found


def test_every_mistake_is_told_at_once(folder: Path) -> None:
    write(folder, "guides/x", FRONT + "=== text: H\n<p>[@nobody]</p>")
    write(folder, "guides/Y", FRONT)
    write(folder, "places/z", FRONT)
    (folder / "menus.toml").write_text('[[header]]\npage = "nothing"\n')
    (folder / "sources.toml").write_text("[a]\n\n[b]\ntext =\n")
    (folder / "clinic.toml").unlink()
    found = mistakes(folder)
    assert [line.split(": ")[0] for line in found] == [
        *("clinic.toml:1", "sources.toml:4", "guides/Y.html:1", "places/z.html:1"),
        *("guides/x.html:5", "menus.toml:1"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("sources", '[a]\ntext = "T"\nurl = "http://x"\n', 1, "https://"),
        ("sources", '[A_b]\ntext = "T"\n', 1, "no key for a source"),
        ("sources", '[a]\ntext = "T"\nyear = "2000"\n', 1, "text and url only"),
        ("sources", "[a]\n", 1, "has no text"),
        ("menus", '[[side]]\npage = "about"\n', 1, "there is no menu side"),
        ("menus", '[[header]]\npage = "about"\nicon = "x"\n', 1, "page and label only"),
        ("clinic", 'name = "N"\n', 1, "missing"),
    ],
)
def test_mistake_in_a_table(folder: Path, name: str, text: str, line: int, words: str) -> None:
    (folder / f"{name}.toml").write_text(text)
    [found] = mistakes(folder)
    assert found.startswith(f"{name}.toml:{line}: ")
    assert words in found


def test_file_that_is_not_utf_8(folder: Path) -> None:
    (folder / "plain" / "x.html").write_bytes(b"\xff")
    assert mistakes(folder) == ["plain/x.html:1: this is not UTF-8"]
