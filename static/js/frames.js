// A page shown in a frame of the desk: its links open beside the desk, for public pages let nobody frame them.

for (const frame of document.querySelectorAll("iframe")) {
  frame.addEventListener("load", () => frame.contentDocument?.addEventListener("click", open_beside))
  frame.contentDocument?.addEventListener("click", open_beside)
}

function open_beside(event) {
  const link = event.target.closest("a[href]")
  if (!link || link.getAttribute("href").startsWith("#")) return
  event.preventDefault()
  if (link.protocol.startsWith("http")) window.open(link.href, "_blank", "noopener")
}
