// Small comforts; every page works without them.

// A link to a question opens it.
const openTarget = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();

// Paper cannot be unfolded.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("main details")) details.open = true;
});

// On a phone the contents list folds itself away once a part is chosen.
document.querySelector(".contents")?.addEventListener("click", (event) => {
  if (event.target.closest("a")) event.currentTarget.querySelector("details").open = false;
});

// The contents list shows which part is being read.
const links = new Map(
  [...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]),
);
const parts = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
if (parts.length && "IntersectionObserver" in window) {
  const mark = () => {
    const line = innerHeight / 3;
    const read = parts.filter((part) => part.getBoundingClientRect().top <= line).at(-1) ?? parts[0];
    for (const [id, link] of links) {
      if (id === read.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const watch = new IntersectionObserver(mark, { rootMargin: "0px 0px -66% 0px" });
  for (const part of parts) watch.observe(part);
  mark();
}
