// A request's page: says every 20 seconds, while it is visible, that it is open here, and shows who else has it open.
// Without this the page shows who was there when it was loaded.

const EVERY_MS = 20_000

const place = document.querySelector("[data-presence]")
const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value

if (place && token) {
  const show = (name, is_shown, text) => {
    const line = place.querySelector(`[data-${name}]`)
    if (text !== undefined && line.textContent !== text) line.textContent = text
    if (line.hidden === is_shown) line.hidden = !is_shown
  }

  const ask = async () => {
    if (document.visibilityState !== "visible") return
    try {
      const answer = await fetch(place.dataset.presence, {
        method: "POST",
        headers: { "X-CSRFToken": token },
        redirect: "manual",
      })
      if (answer.type === "opaqueredirect" || answer.status === 403) {
        clearInterval(timer)
        show("signed-out", true)
      }
      if (!answer.ok) return
      const { others, version } = await answer.json()
      show("others", others !== "", others)
      show("changed", String(version) !== place.dataset.version)
    } catch {
      // The network is away; the next time may do.
    }
  }

  const timer = setInterval(ask, EVERY_MS)
  document.addEventListener("visibilitychange", ask)
}
