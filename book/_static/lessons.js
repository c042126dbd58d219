// The pictures of a slider load when the reader first comes near it, not when each is first shown.
document.querySelectorAll("al-explore").forEach((explore) => {
  const warm = () => explore.querySelectorAll("img").forEach((image) => (image.loading = "eager"));
  explore.addEventListener("pointerenter", warm, { once: true });
  explore.addEventListener("focusin", warm, { once: true });
});

// A formula that is wider than the window scrolls inside itself: the keyboard must reach it.
const formulae = new ResizeObserver((entries) => {
  entries.forEach(({ target }) => {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  });
});
document.querySelectorAll(".al-formula").forEach((formula) => formulae.observe(formula));
