// A click on the picture fills in the two numbers beside it; without this the numbers do.

const picture = document.querySelector("[data-focal-picture]");
const form = document.querySelector("[data-focal-form]");

if (picture && form) {
  const { x, y } = form.elements;
  const marks = picture.querySelectorAll("circle");

  const show = () => {
    for (const mark of marks) {
      mark.setAttribute("cx", `${x.value || 50}%`);
      mark.setAttribute("cy", `${y.value || 50}%`);
    }
  };
  const perCent = (part, whole) => Math.round(Math.min(Math.max(part / whole, 0), 1) * 100);

  picture.classList.add("is-clickable");
  picture.addEventListener("click", (event) => {
    const box = picture.getBoundingClientRect();
    x.value = perCent(event.clientX - box.left, box.width);
    y.value = perCent(event.clientY - box.top, box.height);
    show();
  });
  form.addEventListener("input", show);
}
