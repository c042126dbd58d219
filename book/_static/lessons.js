// The pictures of a slider load when the reader first comes near it, not when each is first shown.
document.querySelectorAll("al-explore").forEach((explore) => {
  const warm = () => explore.querySelectorAll("img").forEach((image) => (image.loading = "eager"));
  explore.addEventListener("pointerenter", warm, { once: true });
  explore.addEventListener("focusin", warm, { once: true });
});

// What is wider than the window scrolls inside itself: the keyboard must reach it.
const scrollers = new ResizeObserver((entries) => {
  entries
    .filter(({ target }) => target.scrollWidth > target.clientWidth !== (target.tabIndex === 0))
    .forEach(({ target }) => {
      if (target.tabIndex === 0) target.removeAttribute("tabindex");
      else target.tabIndex = 0;
    });
});
document
  .querySelectorAll(".al-formula, .pst-scrollable-table-container, pre, .cell_output > .output")
  .forEach((element) => scrollers.observe(element));
