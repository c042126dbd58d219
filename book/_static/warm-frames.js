// The pictures of a slider load when the reader first comes near it, not when each is first shown.
document.querySelectorAll("al-explore").forEach((explore) => {
  const warm = () => explore.querySelectorAll("img").forEach((image) => (image.loading = "eager"));
  explore.addEventListener("pointerenter", warm, { once: true });
  explore.addEventListener("focusin", warm, { once: true });
});
