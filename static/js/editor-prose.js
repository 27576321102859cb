// Rich text in a block, of just the elements that pages/html.py lets through. What stands in the text area, and is
// sent, is the HTML that readers get; `opened` and `written` translate between it and what the editor likes.

import {
  Bold, BulletList, Document, Dropcursor, Editor, Extension, Gapcursor, HardBreak, Heading, History, Italic,
  Link, ListItem, Mark, Menu, Node, OrderedList, Paragraph, Table, TableCell, TableHeader, TableRow, Text,
  updateAttrsDialog,
} from "django-prose-editor/editor"

const editors = new WeakMap()

// The HTML that readers get, and the editor's

function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html").body
}

// A caption stands before its table while it is edited: the editor's tables have rows only.
function opened(html) {
  const body = parsed(html)
  for (const caption of body.querySelectorAll("table > caption")) {
    const line = document.createElement("p")
    line.dataset.caption = ""
    line.append(...caption.childNodes)
    caption.closest("table").before(line)
    caption.remove()
  }
  return body.innerHTML
}

function written(html) {
  const body = parsed(html)
  for (const item of body.querySelectorAll("li, td, th")) unwrap(item)
  for (const line of body.querySelectorAll("p:not([data-caption])")) if (isEmpty(line)) line.remove()
  for (const list of body.querySelectorAll("ol")) for (const { name } of [...list.attributes]) list.removeAttribute(name)
  for (const table of body.querySelectorAll("table")) name_headers(table)
  for (const line of body.querySelectorAll("[data-caption]")) close_caption(line)
  for (const part of body.querySelectorAll("ul, ol, table, tbody")) a_line_each(part)
  a_line_each(body)
  return body.innerHTML.trim()
}

const isEmpty = (element) => !element.textContent.trim() && !element.querySelector("br")

// The editor puts a paragraph into each item and cell.
function unwrap(item) {
  const [first, second] = item.children
  if (first?.tagName === "P" && (!second || /^[UO]L$/.test(second.tagName))) first.replaceWith(...first.childNodes)
}

// A first row of headers heads the columns; any other header heads its row.
function name_headers(table) {
  for (const cell of table.querySelectorAll("th, td")) {
    for (const name of ["colspan", "rowspan"]) if (cell.getAttribute(name) === "1") cell.removeAttribute(name)
  }
  const body = table.querySelector("tbody")
  const first = body?.rows[0]
  if (first && [...first.cells].every((cell) => cell.tagName === "TH")) {
    const head = document.createElement("thead")
    head.append(first)
    body.before(head)
    if (!body.rows.length) body.remove()
  }
  for (const cell of table.querySelectorAll("th")) cell.scope = cell.closest("thead") ? "col" : "row"
}

function close_caption(line) {
  const table = line.nextElementSibling
  line.removeAttribute("data-caption")
  if (table?.tagName !== "TABLE" || table.querySelector("caption") || isEmpty(line)) {
    if (isEmpty(line)) line.remove()
    return
  }
  const caption = document.createElement("caption")
  caption.append(...line.childNodes)
  line.remove()
  table.prepend(caption)
}

// As the shipped texts are written: a comparison then shows words, not lines.
function a_line_each(part) {
  for (const child of [...part.children]) child.after("\n")
  if (part.tagName !== "BODY") part.prepend("\n")
}

// What may stand in a text

const Whole = Document.extend({ content: "(block | caption)+" })

const Caption = Node.create({
  name: "caption",
  content: "inline*",
  parseHTML: () => [{ tag: "p[data-caption]", priority: 60 }],
  renderHTML: () => ["p", { "data-caption": "" }, 0],
})

const Explained = Mark.create({
  name: "abbr",
  addAttributes: () => ({ title: { default: null } }),
  parseHTML: () => [{ tag: "abbr" }],
  renderHTML: ({ HTMLAttributes }) => ["abbr", HTMLAttributes, 0],
})

const askForAddress = updateAttrsDialog(
  { href: { type: "string", title: "Address, such as /contact/ or https://…" } },
  { title: "Link", submitText: "Set the link" },
)

const PlainLink = Link.extend({
  addAttributes: () => ({ href: { default: null } }),
  addCommands() {
    return {
      ...this.parent?.(),
      addLink: () => ({ editor }) => {
        askForAddress(editor, editor.getAttributes("link")).then((answer) => {
          if (!answer) return
          const chain = editor.chain().focus().extendMarkRange("link")
          if (answer.href.trim()) chain.setMark("link", { href: answer.href.trim() }).run()
          else chain.unsetMark("link").run()
        })
      },
    }
  },
})

const PlainTable = Table.extend({
  addMenuItems({ buttons, menu }) {
    const define = (name, button, run, always = false) =>
      menu.defineItem({
        name,
        groups: always ? "newTable" : "table",
        button,
        command: (editor) => run(editor.chain().focus()).run(),
        hidden: (editor) => (always ? editor.isActive("table") : !editor.isActive("table")),
      })
    define("table", buttons.material("grid_on", "Insert a table"),
      (chain) => chain.insertTable({ rows: 3, cols: 2, withHeaderRow: true }), true)
    define("table:row", buttons.text("+ Row", "Add a row below"), (chain) => chain.addRowAfter())
    define("table:column", buttons.text("+ Column", "Add a column after this one"), (chain) => chain.addColumnAfter())
    define("table:lessRow", buttons.text("− Row", "Delete this row"), (chain) => chain.deleteRow())
    define("table:lessColumn", buttons.text("− Column", "Delete this column"), (chain) => chain.deleteColumn())
    define("table:header", buttons.text("Header", "Make this cell a header, or not"), (chain) => chain.toggleHeaderCell())
    define("table:delete", buttons.text("Delete table", "Delete the whole table"), (chain) => chain.deleteTable())
    menu.defineItem({
      name: "caption",
      groups: "newTable",
      button: buttons.text("Caption", "Make this line the caption of the table below it, or not"),
      active: (editor) => editor.isActive("caption"),
      hidden: (editor) => editor.isActive("table"),
      command: (editor) => editor.chain().focus().toggleNode("caption", "paragraph").run(),
    })
  },
})

const Cite = Extension.create({
  name: "cite",
  addMenuItems({ buttons, menu }) {
    menu.defineItem({
      name: "cite",
      groups: "cite",
      button: buttons.text("Cite", "Cite a source"),
      command: (editor) =>
        document.dispatchEvent(new CustomEvent("clinic:cite", { detail: { insert: (key) => cite(editor, key) } })),
    })
  },
})

function cite(editor, key) {
  editor.chain().focus().insertContent({ type: "text", text: `[@${key}]` }).run()
}

// Programs paste styles, comments and settings along. They are taken out as letters: made into elements, even outside
// of the page, an inline style is refused loudly. The rest is up to what may stand in a text.
const ATTRIBUTE = /\s(?:style|class|id|bgcolor|on\w+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi

function without_dress(html) {
  return html
    .replace(/<(style|script|xml|title)\b[\s\S]*?<\/\1\s*>/gi, "")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<(?:img|meta|link|base)\b[^>]*>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(ATTRIBUTE, ""))
}

const BARS = {
  text: ["headings", "marks", "lists", "link", "cite", "table", "history"],
  table: ["headings", "marks", "lists", "link", "cite", "newTable", "table", "history"],
  line: ["marks", "link", "cite", "history"],
}

function extensions(tools) {
  const inline = [
    Text, Paragraph, Bold, Italic, Explained, HardBreak, History, Dropcursor, Gapcursor, Cite,
    PlainLink.configure({ autolink: false, protocols: ["mailto", "tel", "sms"] }),
    Menu.configure({ groups: BARS[tools].map((group) => ({ group })) }),
  ]
  if (tools === "line") return [Document, ...inline]
  return [
    Whole, Caption, ...inline, BulletList, OrderedList.configure({ enableListAttributes: false }), ListItem,
    Heading.configure({ levels: [3, 4] }), PlainTable, TableRow, TableHeader, TableCell,
  ]
}

// Editors in place of text areas

function make(area) {
  if (editors.has(area) || area.id.includes("__prefix__")) return
  const element = document.createElement("div")
  element.className = "prose-editor"
  area.before(element)
  element.append(area)
  const label = document.querySelector(`label[for="${area.id}"]`)
  const editor = new Editor({
    element,
    extensions: extensions(area.dataset.prose),
    content: opened(area.value),
    editorProps: {
      attributes: { role: "textbox", "aria-multiline": "true", "aria-label": label?.textContent ?? "" },
      transformPastedHTML: without_dress,
    },
    onUpdate() {
      area.value = written(editor.getHTML())
      area.dispatchEvent(new Event("input", { bubbles: true }))
    },
  })
  label?.addEventListener("click", () => editor.commands.focus())
  editors.set(area, editor)
  area.dispatchEvent(new CustomEvent("prose-editor:ready", { detail: { editor, area }, bubbles: true }))
}

function make_all(part) {
  for (const area of part.querySelectorAll("[data-prose]")) make(area)
}

// A copied block brings its text along.
document.addEventListener("clinic:write", ({ target, detail }) => {
  editors.get(target)?.commands.setContent(opened(detail), { emitUpdate: true })
})
document.addEventListener("formset:added", ({ target }) => make_all(target))
make_all(document)
