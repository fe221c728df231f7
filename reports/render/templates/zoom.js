"use strict";
// Lets every timeline be zoomed. Without this script each picture is there as a whole.
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const LEFT = 150, WIDTH = 900;
  const HEIGHTS = { g: ["good", 6, 4], l: ["late", 4, 8], f: ["failed", 2, 12], "-": ["lost", 7, 2] };
  const WORDS = JSON.parse(document.getElementById("zoom-words").textContent);

  const seconds = (number) => WORDS.seconds.replace("{seconds}", number);

  // the signs of a lane, from runs with their lengths
  const long = (text) => {
    const signs = [];
    for (const [, sign, count] of text.matchAll(/(\D)(\d*)/g)) {
      for (let n = Number(count || 1); n > 0; n -= 1) signs.push(sign);
    }
    return signs;
  };

  const stepOf = (span, most) => {
    const power = 10 ** Math.floor(Math.log10(span / most));
    return [1, 2, 5, 10].map((k) => k * power).find((step) => span / step <= most);
  };

  const element = (name, attributes, text) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };

  function enable(figure) {
    const data = JSON.parse(figure.querySelector("script.zoom").textContent);
    const svg = figure.querySelector("svg.timeline"), plot = svg.querySelector(".plot");
    const head = Number(svg.dataset.head), height = Number(svg.dataset.height);
    const lanes = data.lanes.map((lane, place) => ({
      ...lane, kinds: long(lane.kinds), masters: long(lane.masters),
      group: plot.querySelectorAll(".lane")[place],
    }));
    const whole = { marks: [...plot.querySelectorAll(".marks > g")], who: plot.querySelector(".who") };
    const spans = plot.querySelectorAll("[data-from]"), names = plot.querySelectorAll("[data-begin]");
    const ticks = plot.querySelector(".ticks");
    let from = 0, to = data.end, pressed = null;
    const x = (at) => ((at - from) / (to - from)) * WIDTH;
    const at = (px) => from + (px / WIDTH) * (to - from);

    const tools = document.createElement("div");
    tools.className = "tools";
    const pointed = document.createElement("output");
    const button = (label, act) => {
      const control = document.createElement("button");
      control.type = "button";
      control.textContent = label;
      control.addEventListener("click", act);
      tools.append(control);
    };
    const around = (factor) => {
      const middle = (from + to) / 2, half = ((to - from) / 2) * factor;
      show(middle - half, middle + half);
    };
    const shift = (part) => {
      const by = Math.max(-from, Math.min(data.end - to, (to - from) * part));
      show(from + by, to + by);
    };
    button(`+ ${WORDS.zoom_in}`, () => around(0.5));
    button(`− ${WORDS.zoom_out}`, () => around(2));
    button(`← ${WORDS.earlier}`, () => shift(-0.5));
    button(`→ ${WORDS.later}`, () => shift(0.5));
    button(WORDS.everything, () => show(0, data.end));
    tools.append(pointed);
    figure.prepend(tools);

    function show(begin, end) {
      const least = 0.2;
      from = Math.max(0, Math.min(begin, data.end - least));
      to = Math.min(data.end, Math.max(end, from + least));
      svg.dataset.from = from.toFixed(3);
      svg.dataset.to = to.toFixed(3);
      for (const span of spans) {
        const left = x(Number(span.dataset.from));
        span.setAttribute("x", left);
        span.setAttribute("width", Math.max(0, x(Number(span.dataset.to)) - left));
      }
      for (const name of names) name.setAttribute("x", x(Number(name.dataset.begin)));
      for (const mark of whole.marks) {
        mark.setAttribute("transform", `translate(${x(Number(mark.dataset.at)).toFixed(1)} 0)`);
      }
      whole.who.setAttribute("transform", `translate(${x(0).toFixed(2)} 0) scale(${data.end / (to - from)} 1)`);
      for (const lane of lanes) drawLane(lane);
      const step = stepOf(to - from, 12);
      ticks.replaceChildren();
      for (let n = Math.ceil((from - data.begin) / step); n * step + data.begin <= to; n += 1) {
        const place = x(n * step + data.begin).toFixed(1), label = seconds(Number((n * step).toFixed(6)));
        const anchor = place < 12 ? "start" : place > WIDTH - 15 ? "end" : "middle";
        ticks.append(
          element("line", { class: "axis", x1: place, x2: place, y1: head, y2: height + 4 }),
          element("text", { class: "quiet", "text-anchor": anchor, x: place, y: height + 18 }, label),
        );
      }
    }

    function drawLane(lane) {
      const paths = { good: "", late: "", failed: "", lost: "" };
      const first = Math.max(0, Math.floor((from - lane.first) / lane.period) - 1);
      const last = Math.min(lane.kinds.length, Math.ceil((to - lane.first) / lane.period) + 1);
      for (let n = first; n < last;) {
        const sign = lane.kinds[n];
        let end = n + 1;
        // far in, each probe stands alone
        if ((lane.period / (to - from)) * WIDTH < 6) while (end < last && lane.kinds[end] === sign) end += 1;
        const [kind, top, tall] = HEIGHTS[sign];
        const left = x(lane.first + n * lane.period);
        let wide = x(lane.first + end * lane.period) - left;
        if (wide >= 6 && end === n + 1) wide -= 1;
        paths[kind] += `M${left.toFixed(1)} ${lane.top + top}h${Math.max(0.8, wide).toFixed(1)}v${tall}h-${Math.max(0.8, wide).toFixed(1)}z`;
        n = end;
      }
      lane.group.replaceChildren();
      for (const [kind, d] of Object.entries(paths)) if (d) lane.group.append(element("path", { class: kind, d }));
    }

    const inPlot = (event) => {
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      return [place.x - LEFT, place.y];
    };
    const describe = (px, py) => {
      const when = at(px), parts = [seconds((when - data.begin).toFixed(2))];
      const lane = lanes.find(({ top }) => py >= top && py < top + 16);
      const place = lane ? Math.floor((when - lane.first) / lane.period) : -1;
      if (lane && place >= 0 && place < lane.kinds.length) {
        parts.push(WORDS[HEIGHTS[lane.kinds[place]][0]]);
        const took = parseInt(lane.took[place], 36);
        if (lane.kinds[place] !== "-") parts.push(`≈ ${WORDS.milliseconds.replace("{milliseconds}", ((4 / 3) ** took).toPrecision(2))}`);
        const master = data.masters["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".indexOf(lane.masters[place])];
        if (master) parts.push(master);
      }
      pointed.textContent = px >= 0 && px <= WIDTH ? parts.join(" · ") : "";
    };
    const rubber = element("rect", { class: "rubber", y: head, height: height - head, width: 0 });
    plot.append(rubber);
    svg.addEventListener("pointerdown", (event) => {
      const [px] = inPlot(event);
      if (event.button !== 0 || px < 0 || px > WIDTH) return;
      pressed = px;
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      const [px, py] = inPlot(event);
      describe(px, py);
      if (pressed === null) return;
      rubber.setAttribute("x", Math.max(0, Math.min(px, pressed)));
      rubber.setAttribute("width", Math.abs(Math.min(WIDTH, px) - pressed));
    });
    const release = (event) => {
      const [px] = inPlot(event), start = pressed;
      pressed = null;
      rubber.setAttribute("width", 0);
      if (start !== null && event.type === "pointerup" && Math.abs(px - start) > 5) {
        const ends = [at(start), at(Math.max(0, Math.min(WIDTH, px)))];
        show(Math.min(...ends), Math.max(...ends));
      }
    };
    svg.addEventListener("pointerup", release);
    svg.addEventListener("pointercancel", release);
    svg.addEventListener("dblclick", () => show(0, data.end));
    svg.classList.add("zooms");
  }

  for (const text of document.querySelectorAll(".with-script")) text.hidden = false;
  for (const figure of document.querySelectorAll("figure.picture")) enable(figure);
  // a link to a trial opens it
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
