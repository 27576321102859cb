// The editing screen, on top of django-content-editor: each block's buttons, which also serve who has no mouse; sources
// to cite; a warning before words are lost.

const form = document.getElementById("page_form")
const settings = document.getElementById("editor-settings").dataset
const machine = () => document.querySelector(".order-machine")
const block_of = (element) => element.closest(".inline-related")
const ordering = (block) => block.querySelector(".order-machine-ordering")

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

// Saying what happened, to who does not see it

const says = element("p", { class: "visually-hidden", role: "status" })
form.append(says)
const say = (text) => (says.textContent = text)

// Blocks in order

function blocks() {
  const all = machine().querySelectorAll(".inline-related:not(.empty-form)")
  return [...all].sort((one, other) => one.style.order - other.style.order)
}

function number_anew(all) {
  all.forEach((block, index) => {
    ordering(block).value = block.style.order = 10 * (index + 1)
  })
  changed()
}

function move(block, by, button) {
  const all = blocks()
  const from = all.indexOf(block)
  const to = from + by
  if (to < 0 || to >= all.length) return say(by < 0 ? "It is the first block." : "It is the last block.")
  all.splice(to, 0, ...all.splice(from, 1))
  number_anew(all)
  block.scrollIntoView({ block: "nearest" })
  button.focus({ preventScroll: true })
  return say(`Moved to place ${to + 1} of ${all.length}.`)
}

// Once, as the page opens: the keyboard then goes through the blocks as the eye does.
function stand_as_shown() {
  for (const block of blocks()) machine().append(block)
  for (const template of machine().querySelectorAll(".empty-form")) machine().append(template)
}

function add_after(block, prefix) {
  const before = new Set(blocks())
  const next = blocks()[blocks().indexOf(block) + 1] ?? null
  window.ContentEditor._insertBefore = next
  window.ContentEditor.addContent(prefix)
  return blocks().find((other) => !before.has(other))
}

const fields_of = (block) => block.querySelectorAll("input:not([type=hidden], [type=checkbox]), select, textarea")
const name_in = (field) => field.name.replace(/^.*-\d+-/, "")

function duplicate(block) {
  const copy = add_after(block, block.id.replace(/-\d+$/, ""))
  const values = new Map([...fields_of(block)].map((field) => [name_in(field), field.value]))
  for (const field of fields_of(copy)) {
    if (!values.has(name_in(field))) continue
    field.value = values.get(name_in(field))
    field.dispatchEvent(new CustomEvent("clinic:write", { bubbles: true, detail: field.value }))
  }
  label(copy)
  copy.scrollIntoView({ block: "nearest" })
  say("Copied. The copy stands below.")
}

function remove(block, button) {
  const box = block.querySelector("input[name$=-DELETE]")
  if (!box) {
    block.querySelector(".inline-deletelink").click()
    return say("Removed.")
  }
  box.click()
  button.textContent = box.checked ? "Put back" : "Remove"
  changed()
  return say(box.checked ? "It goes when the page is saved." : "It stays.")
}

function fold(block, button) {
  block.querySelector("h3").click()
  button.setAttribute("aria-expanded", String(!block.classList.contains("collapsed")))
}

const TOOLS = [
  ["expand_more", "Show or hide", fold],
  ["arrow_upward", "Move up", (block, button) => move(block, -1, button)],
  ["arrow_downward", "Move down", (block, button) => move(block, 1, button)],
  ["content_copy", "Duplicate", duplicate],
  ["", "Remove", remove],
]

function equip(block) {
  if (block.querySelector(":scope > .block-tools")) return
  const tools = element("div", { class: "block-tools" })
  for (const [icon, title, run] of TOOLS) {
    const inside = icon ? element("span", { class: "material-icons", "aria-hidden": "true" }, icon) : title
    const button = element("button", { type: "button", title, ...(icon ? { "aria-label": title } : {}) }, inside)
    if (run === fold) button.setAttribute("aria-expanded", String(!block.classList.contains("collapsed")))
    button.addEventListener("click", () => run(block, button))
    tools.append(button)
  }
  block.querySelector("h3").after(tools)
  label(block)
}

// A block's name is its heading, also while that is being written.
function label(block) {
  const heading = block.querySelector("input[name$=-heading]")
  if (heading?.value) block.querySelector(".inline_label").textContent = heading.value
}

// The places between blocks, and the menu of kinds

function press_by_keys(target, name) {
  target.tabIndex = 0
  target.setAttribute("role", "button")
  if (name) target.setAttribute("aria-label", name)
  target.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return
    event.preventDefault()
    target.click()
  })
}

function equip_places(part) {
  for (const place of part.querySelectorAll(".order-machine-insert-target:not([role])")) {
    press_by_keys(place, place.classList.contains("last") ? "Add a block at the end" : "Insert a block here")
    place.addEventListener("click", () => setTimeout(() => open_menu(place)))
  }
}

let opener = null

function open_menu(place) {
  if (!place.classList.contains("selected")) return
  opener = place
  const menu = document.querySelector(".plugin-buttons")
  const room = document.documentElement.clientWidth - menu.getBoundingClientRect().right - 8
  if (room < 0) menu.style.left = `${Math.max(0, Number.parseFloat(menu.style.left) + room)}px`
  menu.querySelector(".plugin-button:not(.content-editor-hide)")?.focus()
  menu.scrollIntoView({ block: "nearest" })
}

function equip_menu() {
  const menu = document.querySelector(".plugin-buttons")
  for (const button of menu.querySelectorAll(".plugin-button")) press_by_keys(button)
  menu.addEventListener("keydown", (event) => {
    const all = [...menu.querySelectorAll(".plugin-button:not(.content-editor-hide)")]
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
    if (step) {
      event.preventDefault()
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus()
    } else if (event.key === "Escape") opener?.focus()
  })
}

// Sources to cite

const list = document.getElementById("sources")

function cite({ detail }) {
  const filter = element("input", { type: "search", "aria-label": "Find a source", placeholder: "Find a source" })
  const rows = element("ul", { class: "sources-found" })
  const dialog = element("dialog", { class: "sources-dialog", "aria-label": "Cite a source" })
  const close = element("button", { type: "button" }, "Close")
  for (const source of list.querySelectorAll("[data-key]")) {
    const choose = element("button", { type: "button" }, element("strong", {}, source.dataset.key), ` ${source.dataset.text}`)
    choose.addEventListener("click", () => {
      dialog.close()
      detail.insert(source.dataset.key)
    })
    rows.append(element("li", {}, choose))
  }
  filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase()
    for (const row of rows.children) row.hidden = !row.textContent.toLowerCase().includes(wanted)
  })
  close.addEventListener("click", () => dialog.close())
  dialog.addEventListener("close", () => dialog.remove())
  dialog.append(filter, rows, close)
  document.body.append(dialog)
  dialog.showModal()
}
document.addEventListener("clinic:cite", cite)

// The block that a line of the checklist leads to

let shown = !location.hash

function show_named_block() {
  if (shown) return
  const named = [...machine().querySelectorAll("[data-anchor]")].find(
    (field) => field.dataset.anchor && `#${field.dataset.anchor}` === decodeURIComponent(location.hash),
  )
  if (!named) return
  const block = block_of(named)
  if (block.classList.contains("collapsed")) block.querySelector("h3").click()
  block.scrollIntoView({ block: "start" })
  fields_of(block)[0]?.focus({ preventScroll: true })
}

// Words that are not saved yet

let unsaved = settings.unsaved === "yes"
let typed = false

function changed() {
  unsaved = typed = true
}

form.addEventListener("input", changed)
form.addEventListener("change", changed)
form.addEventListener("drop", changed)
// From the first touch on, the reader scrolls.
for (const touch of ["pointerdown", "keydown", "wheel"]) addEventListener(touch, () => (shown = true), { passive: true })
form.addEventListener("submit", () => (unsaved = false))
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault()
})

// Who writes is there: the session must not end before the text is saved.
setInterval(() => {
  if (!typed) return
  typed = false
  fetch(settings.alive, { cache: "no-store" }).catch(() => (typed = true))
}, 240_000)

// All of it

document.addEventListener("content-editor:ready", () => {
  stand_as_shown()
  for (const block of blocks()) equip(block)
  equip_places(document)
  equip_menu()
  show_named_block()
  // The editors above it grow as they come.
  new ResizeObserver(show_named_block).observe(machine())
  document.querySelector(".errornote, .conflict")?.scrollIntoView({ block: "nearest" })
})
document.addEventListener("formset:added", ({ target }) => {
  if (!target.matches?.(".order-machine .inline-related")) return
  target.querySelector(":scope > .block-tools")?.remove()
  equip(target)
  for (const place of target.querySelectorAll(".order-machine-insert-target")) place.removeAttribute("role")
  equip_places(target)
  changed()
  // The library would focus the first field even if it is a hidden one.
  setTimeout(() => fields_of(target)[0]?.focus())
})
document.addEventListener("formset:removed", changed)
form.addEventListener("input", ({ target }) => {
  if (target.name?.endsWith("-heading")) label(block_of(target))
})
