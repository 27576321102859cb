// Ticks all requests of the page at once, and says how many are ticked. Without it each is ticked by hand.

const form = document.querySelector(".queue-form");
const boxes = form ? [...form.querySelectorAll("[name=row]")] : [];
const corner = form?.querySelector("thead .queue-tick");

if (corner && boxes.length) {
  const label = document.createElement("label");
  const all = document.createElement("input");
  const words = document.createElement("span");
  const heading = form.querySelector(".queue-bulk h2");
  const plain = heading.textContent;
  all.type = "checkbox";
  words.textContent = "Tick all on this page";
  label.append(all, words);
  corner.replaceChildren(label);

  const tell = () => {
    const count = boxes.filter((box) => box.checked).length;
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && !all.checked;
    heading.textContent = count ? `${plain} (${count})` : plain;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  form.addEventListener("change", tell);
  tell();
}
