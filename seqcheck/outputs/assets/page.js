/* The page's program: draws the charts (uPlot) from the data in the page, sorts and filters the tables, keeps the theme.
   Loads nothing, stores only the theme. Text goes into the page as text, never as markup. */
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const by = (id) => document.getElementById(id);
  const color = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const whole = (value) => (value == null ? "\u2013" : value.toLocaleString("en-US"));
  const LINES = ["blue", "teal", "green", "amber", "violet"];
  let charts = [];

  // ---- charts -------------------------------------------------------------------------------------------------------

  function axis(label, more) {
    return Object.assign({
      label, stroke: color("soft"), grid: { stroke: color("grid"), width: 1 }, ticks: { stroke: color("grid"), width: 1 },
      font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif", labelSize: 20, size: 44,
    }, more);
  }

  function draw(figure, place, height, options, values) {
    const target = figure.querySelectorAll(".chart")[place];
    figure.hidden = false;
    options.width = target.clientWidth;
    options.height = height;
    const chart = new uPlot(options, values, target);
    charts.push({ chart, target, height });
    return chart;
  }

  const tall = { size: 84 }; // the same for all, so that times stand below one another
  const counted = (u, values) => values.map((value) => (Number.isInteger(value) ? whole(value) : ""));
  const seconds = axisSeconds();

  function axisSeconds() {
    const times = [...(data.behind || []), ...(data.timeline || [])].map((row) => row[0]);
    const last = Math.max(0, ...times);
    const [unit, name] = last >= 1 || last === 0 ? [1, "s"] : last >= 1e-3 ? [1e3, "ms"] : [1e6, "µs"];
    return { unit, name };
  }
  const at = (time) => time * seconds.unit;

  /* A scale's range: from low to high until someone zooms in. uPlot asks with the data's own ends until then. */
  function wide(values, low, high) {
    const first = values[0], last = values[values.length - 1];
    return (u, min, max) => (min == null || (min === first && max === last) || min === max ? [low, high] : [min, max]);
  }

  /* The time scale: all of the capture. */
  function whenever(values) {
    const rows = data.timeline, last = rows[rows.length - 1];
    return wide(values, at(rows[0][0]), Math.max(at(last[0] + (last[1] || 0)), at(rows[0][0]) + 1e-9, values[values.length - 1]));
  }
  const timeAxis = () => axis("time since the first frame, " + seconds.name);

  /* Lines across the plot with words beside them: horizontal (axis "y") or vertical (axis "x"). */
  function marks(lines, scale) {
    return (u) => {
      const { ctx, bbox } = u;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      ctx.strokeStyle = ctx.fillStyle = color("mark");
      ctx.textAlign = "left";
      ctx.textBaseline = "alphabetic";
      ctx.lineWidth = 1.5 * devicePixelRatio;
      ctx.font = `600 ${12 * devicePixelRatio}px system-ui, sans-serif`;
      for (const [value, words] of lines) {
        const place = Math.round(u.valToPos(value, scale, true));
        ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
        ctx.beginPath();
        if (scale === "x") { ctx.moveTo(place, bbox.top); ctx.lineTo(place, bbox.top + bbox.height); }
        else { ctx.moveTo(bbox.left, place); ctx.lineTo(bbox.left + bbox.width, place); }
        ctx.stroke();
        const wide = ctx.measureText(words).width, off = 6 * devicePixelRatio;
        if (scale === "x") {
          const over = place + off + wide > bbox.left + bbox.width;
          ctx.fillText(words, over ? place - off - wide : place + off, bbox.top + 14 * devicePixelRatio);
        } else ctx.fillText(words, bbox.left + bbox.width - wide - off, place + 15 * devicePixelRatio);
      }
      ctx.restore();
    };
  }

  function laps(from, to) {
    const found = [];
    for (let k = 1; data.ring && k <= 4 && k * data.ring <= to; k++)
      if (k * data.ring >= from) found.push([k * data.ring, k === 1 ? `ring of ${whole(data.ring)}` : `${k} laps, ${whole(k * data.ring)}`]);
    return found;
  }

  function distances(figure) {
    const bins = data.distances;
    if (!bins.length) return;
    const low = bins[0][0], high = bins[bins.length - 1][1];
    const reach = data.ring ? Math.max(high, Math.ceil(high / data.ring) * data.ring) : high;
    const pad = Math.max(2, (reach - low) * 0.06);
    const middle = bins.map((bin) => (bin[0] + bin[1]) / 2);
    const all = wide(middle, low - pad, reach + pad);
    const name = (at) => (at == null ? "\u2013" : bins[at][0] === bins[at][1] ? whole(bins[at][0]) : `${whole(bins[at][0])} to ${whole(bins[at][1])}`);
    draw(figure, 0, 280, {
      scales: { x: { time: false, range: all }, y: { range: (u, min, max) => [0, Math.max(1, max) * 1.12] } },
      axes: [axis("distance, records"), axis("duplicates", { ...tall, values: counted })],
      series: [
        { label: "distance", value: (u, value, series, at) => name(at) },
        { label: "duplicates", stroke: color("blue"), fill: color("blue"), paths: uPlot.paths.bars({ size: [0.8, 40, 4] }), points: { show: false }, value: (u, value) => whole(value) },
      ],
      hooks: { draw: [marks(laps(low - pad, reach + pad), "x")] },
    }, [middle, bins.map((bin) => bin[2])]);
  }

  const dots = (label, stroke, value, size = 6) => ({ label, stroke, value, paths: () => null, points: { show: true, size, width: 0, fill: stroke, space: 0 } });

  function behind(figure) {
    const rows = data.behind || [];
    if (!rows.length) return;
    const lowest = Math.min(...rows.map((row) => row[1]));
    const shown = laps(0, data.ring ? Math.ceil(-lowest / data.ring) * data.ring : 0).map(([value, words]) => [-value, words]);
    const floor = Math.min(lowest, ...shown.map((line) => line[0]), -1);
    const times = rows.map((row) => at(row[0]));
    draw(figure, 0, 260, {
      cursor: { sync: { key: "time" } },
      scales: { x: { time: false, range: whenever(times) }, y: { range: () => [floor * 1.18, -floor * 0.06] } },
      axes: [timeAxis(), axis("numbers behind", { ...tall, values: counted })],
      series: [
        { label: "frame", value: (u, value, series, at) => (at == null ? "\u2013" : `${rows[at][2]}, number ${rows[at][3]}`) },
        dots("behind", color("red"), (u, value) => (value == null ? "\u2013" : whole(-value))),
      ],
      hooks: { draw: [marks([[0, "what was due"], ...shown], "y")] },
    }, [times, rows.map((row) => row[1])]);
  }

  function course(figure) {
    const it = data.course;
    if (!it || !it.points.length) return;
    const rows = [
      ...it.points.map(([time, seq, frame, line]) => ({ time, seq, frame, line })),
      ...it.strays.map(([time, seq, frame]) => ({ time, seq, frame, line: it.streams.length })),
    ].sort((one, other) => one.time - other.time);
    const values = [rows.map((row) => at(row.time))];
    for (let line = 0; line <= it.streams.length; line++) values.push(rows.map((row) => (row.line === line ? row.seq : line < it.streams.length ? undefined : null)));
    if (it.base !== "0") by("course-note").append(` Numbers are counted from ${it.base}.`);
    draw(figure, 0, 320, {
      cursor: { sync: { key: "time" } },
      scales: { x: { time: false, range: whenever(values[0]) } },
      axes: [timeAxis(), axis("sequence number", { ...tall, values: counted })],
      series: [
        { label: "frame", value: (u, value, series, at) => (at == null ? "\u2013" : String(rows[at].frame)) },
        ...it.streams.map((name, line) => ({ label: name, stroke: color(LINES[line % LINES.length]), width: 1.5, points: { show: false }, spanGaps: true, value: (u, value) => whole(value) })),
        dots("duplicate", color("red"), (u, value) => whole(value)),
      ],
    }, values);
  }

  function slots(figure) {
    const it = data.slots;
    if (!it || !it.cells.length) return;
    const most = Math.max(...it.cells.map((cell) => cell[2]));
    const first = Math.min(...it.cells.map((cell) => cell[1])), last = Math.max(...it.cells.map((cell) => cell[1])) + it.laps;
    const cells = [...it.cells].sort((one, other) => one[0] - other[0]);
    const fields = (u) => {
      const { ctx, bbox } = u;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      for (const [slot, lap, count] of cells) {
        const left = u.valToPos(slot, "x", true), right = u.valToPos(slot + it.slots, "x", true);
        const low = u.valToPos(lap, "y", true), high = u.valToPos(lap + it.laps, "y", true);
        ctx.fillStyle = `rgba(${color("shade")}, ${0.35 + (0.65 * count) / most})`;
        ctx.fillRect(left, Math.min(low, high), Math.max(right - left, 3 * devicePixelRatio), Math.max(Math.abs(high - low), 3 * devicePixelRatio));
      }
      ctx.restore();
    };
    const name = (from, width) => (width === 1 ? whole(from) : `${whole(from)} to ${whole(from + width - 1)}`);
    draw(figure, 0, 320, {
      scales: { x: { time: false, range: () => [0, it.ring] }, y: { range: () => [first, Math.max(last, first + 1)] } },
      cursor: { drag: { x: false, y: false } },
      axes: [axis(`slot, counted from the first frame's (ring of ${whole(it.ring)})`), axis("lap", { ...tall, values: counted })],
      series: [
        { label: "slots", value: (u, value, series, at) => (at == null ? "\u2013" : name(cells[at][0], it.slots)) },
        { label: "laps", paths: () => null, points: { show: false }, value: (u, value, series, at) => (at == null ? "\u2013" : `${name(cells[at][1], it.laps)}: ${whole(cells[at][2])} duplicates, first in frame ${cells[at][3]}`) },
      ],
      hooks: { draw: [fields] },
    }, [cells.map((cell) => cell[0] + it.slots / 2), cells.map((cell) => cell[1] + it.laps / 2)]);
  }

  function timeline(figure) {
    const rows = data.timeline || [];
    if (!rows.length) return;
    const times = rows.map((row) => at(row[0]));
    const rates = rows.map((row) => (row[1] ? row[3] / row[1] : null));
    if (rows.length > 1 && rows[rows.length - 1][3] < rows[0][3] / 4) rates[rows.length - 1] = null; // the last stretch is short: no rate
    const span = (u, value, series, at) => (at == null ? "\u2013" : `${rows[at][2]} to ${rows[at][2] + rows[at][3] - 1}`);
    const short = (u, values) => values.map((value) => (value >= 1e6 ? value / 1e6 + " M" : value >= 1e3 ? value / 1e3 + " k" : String(value)));
    draw(figure, 0, 190, {
      cursor: { sync: { key: "time" } },
      scales: { x: { time: false, range: whenever(times) }, y: { range: (u, min, max) => [0, (max || 1) * 1.1] } },
      axes: [timeAxis(), axis("frames per second", { ...tall, values: short })],
      series: [
        { label: "frames", value: span },
        { label: "frames per second", stroke: color("blue"), fill: `rgba(${color("shade")}, .15)`, width: 1.5, paths: uPlot.paths.stepped({ align: 1 }), points: { show: rows.length < 3 }, value: (u, value) => (value == null ? "\u2013" : whole(Math.round(value))) },
      ],
    }, [times, rates]);
    const kinds = [["duplicates", 4, "red"], ["missing", 5, "amber"], ["late", 6, "teal"], ["dropped", 7, "violet"]].filter(([, place]) => rows.some((row) => row[place]));
    if (!kinds.length) { figure.querySelectorAll(".chart")[1].hidden = true; return; }
    draw(figure, 1, 190, {
      cursor: { sync: { key: "time" } },
      scales: { x: { time: false, range: whenever(times) }, y: { range: (u, min, max) => [0, Math.max(1, max) * 1.15] } },
      axes: [timeAxis(), axis("in each stretch", { ...tall, values: counted })],
      series: [
        { label: "frames", value: span },
        ...kinds.map(([label, , name], index) => ({ label, stroke: color(name), fill: color(name), paths: uPlot.paths.bars({ size: [0.9 / kinds.length, 14, 2], align: 1, disp: {} }), points: { show: false }, value: (u, value) => whole(value || 0), _at: index })),
      ],
    }, [times, ...kinds.map(([, place]) => rows.map((row) => row[place] || null))]);
  }

  const DRAWN = [["distances", distances], ["behind", behind], ["course", course], ["slots", slots], ["timeline", timeline]];

  function redraw() {
    for (const { chart } of charts) chart.destroy();
    charts = [];
    by("course-note").textContent = note;
    for (const [name, make] of DRAWN) make(by("figure-" + name));
  }
  const note = by("course-note").textContent;

  // ---- tables -------------------------------------------------------------------------------------------------------

  const order = new Intl.Collator("en", { numeric: true });
  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.by ?? cell.textContent;
    if (!cell.classList.contains("number")) return text;
    return /^-?\d+$/.test(text) ? BigInt(text) : Number(text); // NaN where not known
  };
  const unknown = (it) => typeof it === "number" && Number.isNaN(it);

  function compare(one, other) {
    if (unknown(one) || unknown(other)) return unknown(one) - unknown(other);
    if (typeof one === "string") return order.compare(one, other);
    return one < other ? -1 : one > other ? 1 : 0;
  }

  function sort(table, column) {
    const heads = [...table.tHead.rows[0].cells];
    const down = heads[column].getAttribute("aria-sort") === "ascending";
    heads.forEach((head, index) => head.setAttribute("aria-sort", index === column ? (down ? "descending" : "ascending") : "none"));
    const rows = [...table.tBodies[0].rows].map((row) => [value(row, column), row]);
    rows.sort(([one], [other]) => (unknown(one) || unknown(other) || !down ? 1 : -1) * compare(one, other));
    table.tBodies[0].append(...rows.map(([, row]) => row));
    if (table.id === "duplicates") tell();
  }

  for (const table of document.querySelectorAll("table[id]"))
    [...table.tHead.rows[0].cells].forEach((head, column) => head.firstChild.addEventListener("click", () => sort(table, column)));

  const FILTERED = 40; // frames in the display filter
  const listed = by("duplicates");

  function filter() {
    const words = by("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const cause = by("cause").value;
    for (const row of listed.tBodies[0].rows) {
      const text = row.textContent.toLowerCase(), cells = [...row.cells].map((cell) => cell.textContent.toLowerCase());
      const fits = words.every((word) => (/^\d+$/.test(word) ? cells.includes(word) : text.includes(word)));
      row.hidden = !fits || (cause !== "" && row.cells[row.cells.length - 1].textContent !== cause);
    }
    tell();
  }

  function tell() {
    const rows = [...listed.tBodies[0].rows].filter((row) => !row.hidden);
    by("shown").textContent = `${whole(rows.length)} of ${whole(listed.tBodies[0].rows.length)} shown`;
    const heads = [...listed.tHead.rows[0].cells].map((head) => head.textContent);
    const places = [heads.indexOf("frame"), heads.indexOf("earlier")];
    const frames = rows.slice(0, FILTERED / 2).flatMap((row) => places.map((place) => row.cells[place].textContent)).filter((text) => /^\d+$/.test(text));
    by("wireshark").value = frames.length ? `frame.number in {${[...new Set(frames)].sort(order.compare).join(", ")}}` : "";
  }

  if (listed) {
    by("tools").hidden = false;
    by("tools").addEventListener("submit", (event) => event.preventDefault());
    by("filter").addEventListener("input", filter);
    by("cause").addEventListener("input", filter);
    by("wireshark").addEventListener("focus", (event) => event.target.select());
    tell();
  }

  // ---- theme, size, print -------------------------------------------------------------------------------------------

  const THEMES = ["system", "light", "dark"];
  let theme = "system";
  function set(name) {
    theme = name;
    if (name === "system") delete root.dataset.theme;
    else root.dataset.theme = name;
    by("theme").textContent = `Theme: ${name}`;
    try { localStorage.setItem("seqcheck-theme", name); } catch { /* a page from disk may have no storage */ }
    redraw();
  }
  try { theme = THEMES.find((name) => name === localStorage.getItem("seqcheck-theme")) || theme; } catch { /* likewise */ }
  by("theme").hidden = false;
  by("theme").addEventListener("click", () => set(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => { root.dataset.theme = "light"; redraw(); });
  addEventListener("afterprint", () => set(theme));
  let due = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(due);
    due = requestAnimationFrame(() => charts.forEach(({ chart, target, height }) => chart.setSize({ width: target.clientWidth, height })));
  });
  set(theme);
})();
