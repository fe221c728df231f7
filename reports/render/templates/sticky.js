"use strict";
// Keeps the head of every table in the window. Without this script tables are whole, and heads stay.
(() => {
  const boxes = [...document.querySelectorAll(".wide:has(> table > thead)")];
  // where a table fits, its box need not scroll sideways, and the style sheet can hold the head
  const fit = () => {
    for (const box of boxes) {
      box.classList.remove("fits");
      box.classList.toggle("fits", box.scrollWidth <= box.clientWidth);
    }
    follow();
  };
  const follow = () => {
    for (const box of boxes) {
      const head = box.querySelector("thead"), { top, height } = box.getBoundingClientRect();
      const below = Math.max(0, Math.min(-top - box.clientTop, height - head.offsetHeight));
      head.style.transform = below && !box.classList.contains("fits") ? `translateY(${below}px)` : "";
    }
  };
  addEventListener("scroll", follow, { passive: true });
  addEventListener("resize", fit);
  document.addEventListener("toggle", fit, true);
  fit();
})();
