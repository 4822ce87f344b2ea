// Zoom, and what was seen in each second, on the page's figure. The page is complete without it.
(() => {
  const box = document.getElementById("figure"), told = document.getElementById("told");
  const svg = box.querySelector("svg"), seen = JSON.parse(document.getElementById("seen").textContent);
  if (!svg || !seen.bins.length) return;
  document.getElementById("tools").hidden = false;
  const line = document.createElement("div");
  line.className = "at"; line.hidden = true; box.append(line);
  let zoom = 1, place = -1;
  const frame = () => {
    const own = svg.getBoundingClientRect(), out = box.getBoundingClientRect();
    const left = own.left - out.left + box.scrollLeft - box.clientLeft;
    return { from: left + seen.left * own.width, width: (seen.right - seen.left) * own.width };
  };
  const second = (t) => (t > 0 ? "+" : "") + t.toFixed(1) + " s";
  const show = (index) => {
    place = Math.max(0, Math.min(seen.bins.length - 1, index));
    const bin = seen.bins[place], { from, width } = frame();
    const x = from + width * (bin.t + seen.length / 2 - seen.low) / (seen.high - seen.low);
    line.hidden = false; line.style.left = x + "px"; line.style.height = svg.getBoundingClientRect().height + "px";
    const near = seen.story.filter((m) => m.t >= bin.t && m.t < bin.t + seen.length).map((m) => m.text);
    const slow = bin.p95 === null ? "" : `, p95 ${bin.p95} ms`;
    told.textContent = `${second(bin.t)}: ${bin.count} requests and probes, ${bin.failed} failed${slow}` +
      (near.length ? ` · ${near.join(" · ")}` : "");
    return x;
  };
  const at = (event) => {
    const { from, width } = frame(), x = event.clientX - box.getBoundingClientRect().left + box.scrollLeft - from;
    const t = seen.low + x / width * (seen.high - seen.low);
    return Math.floor((t - seen.bins[0].t) / seen.length);
  };
  const zoomed = (factor) => {
    const middle = (box.scrollLeft + box.clientWidth / 2) / box.scrollWidth;
    zoom = factor ? Math.max(1, Math.min(16, zoom * factor)) : 1;
    svg.style.maxWidth = zoom > 1 ? "none" : ""; svg.style.width = zoom * 100 + "%";
    if (place >= 0) box.scrollLeft = show(place) - box.clientWidth / 2;
    else box.scrollLeft = middle * box.scrollWidth - box.clientWidth / 2;
  };
  box.addEventListener("pointermove", (event) => show(at(event)));
  box.addEventListener("pointerdown", (event) => show(at(event)));
  box.addEventListener("dblclick", () => zoomed(2));
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step) { const x = show(place < 0 ? seen.harm : place + step); box.scrollLeft = x - box.clientWidth / 2; event.preventDefault(); }
    if (event.key === "+" || event.key === "-") zoomed(event.key === "+" ? 2 : 0.5);
  });
  document.getElementById("tools").addEventListener("click", (event) => {
    const factor = event.target.dataset.zoom;
    if (factor !== undefined) zoomed(Number(factor));
  });
})();
