// Details under the pointer. Without this the page lacks nothing but them.
(() => {
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  document.body.append(tip);
  document.addEventListener("pointermove", (event) => {
    const at = event.target.closest ? event.target.closest("[data-tip]") : null;
    tip.hidden = !at;
    if (!at) return;
    tip.textContent = at.dataset.tip;
    const { offsetWidth: width, offsetHeight: height } = tip;
    const right = event.clientX + 14 + width < innerWidth;
    tip.style.left = Math.max(4, right ? event.clientX + 14 : event.clientX - 14 - width) + "px";
    tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - height - 4)) + "px";
  });
  document.addEventListener("pointerleave", () => { tip.hidden = true; });
})();
