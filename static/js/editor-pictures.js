// The editing screen: a picture that is chosen by its title is shown below the list of titles.

function show(select) {
  const address = select.selectedOptions[0]?.dataset.picture
  const place = select.closest(".related-widget-wrapper") ?? select
  let shown = place.nextElementSibling
  if (!shown?.matches(".chosen-picture")) {
    // Its title stands in the list.
    shown = Object.assign(document.createElement("img"), { className: "chosen-picture", alt: "" })
    place.after(shown)
  }
  shown.hidden = !address
  if (address) shown.src = address
}

const form = document.getElementById("page_form")
const lists = "select:has(> option[data-picture])"

for (const list of form.querySelectorAll(lists)) show(list)
for (const event of ["change", "clinic:write"]) {
  form.addEventListener(event, ({ target }) => target.matches(lists) && show(target))
}
