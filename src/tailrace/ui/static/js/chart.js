// <line-chart>: a course in time, drawn by uPlot, with its figures in words beside it.
import uPlot from "../vendor/uplot/dist/uPlot.esm.js";
import { clock } from "./format.js";
import { language, t } from "./strings.js";

const HEIGHT = 150;

class LineChart extends HTMLElement {
  #plot = null;
  #columns = [[], []];
  #series = [];
  #format = String;
  #least = 1;
  #drawn = "";

  // [{ label, tone (1 to 3) }]
  set series(given) {
    this.#series = given;
  }

  // The least that the top of the chart stands for: what is below that is no mountain.
  set least(given) {
    this.#least = given;
  }

  // How a value is written.
  set format(given) {
    this.#format = given;
  }

  // [times in seconds, values…]; a value that is not known is null.
  set columns(given) {
    this.#columns = given;
    this.#show();
  }

  connectedCallback() {
    this.head ??= document.createElement("p");
    this.box ??= document.createElement("div");
    this.head.className = "figures";
    this.box.setAttribute("role", "img");
    this.append(this.head, this.box);
    this.again = () => this.#make();
    document.addEventListener("themechange", this.again);
    this.resizing = new ResizeObserver(() => this.#plot?.setSize({ width: this.box.clientWidth, height: HEIGHT }));
    this.resizing.observe(this.box);
    this.#make();
  }

  disconnectedCallback() {
    document.removeEventListener("themechange", this.again);
    this.resizing.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    this.#drawn = "";
  }

  #show() {
    if (!this.box) return;
    const form = language + this.#series.map((each) => each.label).join();
    if (form !== this.#drawn || !this.#plot) return this.#make();
    this.#plot.setData(this.#columns);
    this.#tell(null);
  }

  #make() {
    if (!this.isConnected) return;
    this.#plot?.destroy();
    this.#drawn = language + this.#series.map((each) => each.label).join();
    const colours = getComputedStyle(this);
    const axis = {
      stroke: colours.color,
      grid: { stroke: colours.borderTopColor, width: 1 },
      ticks: { stroke: colours.borderTopColor, width: 1 },
      font: `11px ${colours.fontFamily}`,
    };
    const options = {
      width: this.box.clientWidth || 300,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(this.#least, (high ?? 0) * 1.1)] } },
      axes: [
        { ...axis, space: 70, values: (_, ticks) => ticks.map((each) => clock(each)) },
        { ...axis, size: 70, values: (_, ticks) => ticks.map((each) => this.#format(each)) },
      ],
      series: [
        {},
        ...this.#series.map((each) => ({
          label: each.label,
          stroke: tone(this, each.tone),
          width: 1.5,
          points: { show: false },
          spanGaps: false,
        })),
      ],
      hooks: { setCursor: [(plot) => this.#tell(plot.cursor.idx)] },
    };
    this.#plot = new uPlot(options, this.#columns, this.box);
    this.#tell(null);
  }

  // The value under the pointer, or the last one and the highest.
  #tell(at) {
    const [times, ...columns] = this.#columns;
    const words = columns.map((values, which) => {
      const { label } = this.#series[which];
      const known = values.filter((each) => each !== null);
      if (!known.length) return `${label}: ${t("chart.nothing")}`;
      const shown = (value) => (value === null || value === undefined ? t("unknown") : this.#format(value));
      if (at !== null && at !== undefined) return `${label}: ${shown(values[at])} · ${clock(times[at])}`;
      return `${label}: ${shown(values.at(-1))} · ${t("chart.top", { value: shown(Math.max(...known)) })}`;
    });
    this.head.textContent = words.join(" · ");
    this.box.setAttribute("aria-label", words.join(", "));
  }
}

// A canvas knows no variables of a stylesheet, and no light-dark(): an element has to be asked.
function tone(element, number) {
  const probe = document.createElement("i");
  probe.className = `tone${number}`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

customElements.define("line-chart", LineChart);
