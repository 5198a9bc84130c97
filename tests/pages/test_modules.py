"""Which modules a page is told to fetch early."""

from django.contrib.staticfiles import finders

from tutor.pages.modules import modules_of


def test_modules_come_in_the_order_in_which_a_browser_would_find_them(settings, tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "page.js").write_text(
        '/** @typedef {import("./types.js").T} T */\nimport {\n  a,\n} from "./a.js";\nimport "./net/b.js";\n'
    )
    (tmp_path / "a.js").write_text('export { c } from "./net/c.js";\n')
    (tmp_path / "net/b.js").write_text('import { a } from "../a.js";\n')
    (tmp_path / "net/c.js").write_text("export const c = 1;\n")
    settings.STATICFILES_DIRS = [tmp_path]
    finders.get_finder.cache_clear()

    try:
        assert modules_of("page.js") == ("page.js", "a.js", "net/b.js", "net/c.js")
    finally:
        finders.get_finder.cache_clear()


def test_every_module_of_the_room_is_there():
    names = modules_of("tutor/js/room.js")

    assert [name for name in names if finders.find(name) is None] == []
    assert "tutor/js/realtime/turns.js" in names
