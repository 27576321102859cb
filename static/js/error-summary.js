// Moves the focus to the error summary, so that what is wrong is read out first, where `autofocus` has not done so.
// Two frames later, because a browser that knows `autofocus` obeys it before it paints.
const focusSummary = () => {
  if (document.activeElement === document.body) document.getElementById("error-summary")?.focus();
};
requestAnimationFrame(() => requestAnimationFrame(focusSummary));
