// Which servers there are, who follows whom, who reads where, and which transactions each has.
import { clock, count, duration, gtids, shortUuid } from "../format.js";
import { html, nothing, svg } from "../html.js";
import { badge, of, scrolled, told } from "../parts.js";
import { now, redraw } from "../state.js";
import { t } from "../strings.js";

export const title = () => t("page.topology");
export const sources = () => ({ topology: { path: "/console/api/topology", every: 5000 } });

const shown = { scale: "" }; // all, end; empty: whichever tells more

export const view = (_, poll) => html`
  <div class="head"><h1 tabindex="-1">${t("page.topology")}</h1></div>
  ${of("topology", page, () => poll.wake())}`;

function page(found) {
  if (!found.servers.length) return html`<p class="empty">${t("topology.none")}</p>`;
  return html`
    <p class="quiet">${t("topology.at", { time: clock(found.at ?? now()) })}</p>
    <section aria-labelledby="tree"><h2 id="tree">${t("topology.tree")}</h2>${tree(found)}</section>
    <section aria-labelledby="bars"><h2 id="bars">${t("topology.gtids")}</h2>${bars(found)}</section>
    <details><summary>${t("topology.text")}</summary>${texts(found)}</details>`;
}

// Servers below those they follow

function tree({ servers, connectors }) {
  const known = new Set(servers.map((each) => each.address));
  const above = (server) => (server.follows && known.has(server.follows.source) ? server.follows.source : null);
  // In a ring nobody is on top: whoever is not reached from above begins one.
  const placed = new Set();
  const branch = (server) => {
    placed.add(server.address);
    const below = servers.filter((each) => above(each) === server.address && !placed.has(each.address));
    const readers = connectors.filter((each) => each.reads === server.address);
    return html`<li>${card(server, servers)}
      ${below.length + readers.length + server.unknown_replicas.length
        ? html`<ul>${below.map(branch)}${server.unknown_replicas.map(stranger)}${readers.map(reader)}</ul>`
        : nothing}</li>`;
  };
  const tops = servers.filter((each) => above(each) === null);
  const first = tops.map(branch);
  const rest = servers.filter((each) => !placed.has(each.address)).map((each) => (placed.has(each.address) ? nothing : branch(each)));
  const lost = connectors.filter((each) => !known.has(each.reads));
  return html`<ul class="tree">${first}${rest}${lost.map(reader)}</ul>`;
}

function card(server, servers) {
  const { follows } = server;
  const role = server.error ? "away" : follows ? "replica" : "source";
  const feeds = servers.some((each) => each.follows?.source === server.address);
  return html`<div class="card ${server.error ? "bad" : ""}">
    <div class="head"><b><code>${server.address}</code></b> <span class="badge ${server.error ? "bad" : follows ? "rest" : "good"}">${t(`topology.${role}`)}</span>
      ${server.read_only ? html`<span class="badge rest"><code>${server.read_only}</code></span>` : nothing}</div>
    ${server.error ? html`<p>${told(server.error)}</p>` : html`<p class="quiet">${told(`MySQL ${server.version}`)} · server_id ${server.server_id} ·
      uuid <abbr title=${server.uuid}>${shortUuid(server.uuid)}</abbr> · <code>${server.file}:${server.position}</code></p>`}
    ${follows ? following(server) : nothing}
    ${server.errant ? html`<p class="problem">${t("topology.errant")} <code class="long">${gtids(server.errant)}</code></p>` : nothing}
    ${!server.gtids && !server.error ? html`<p class="note">${t("topology.no-gtids")}</p>` : nothing}
    ${!server.error && !follows && server.read_only && feeds ? html`<p class="note">${t("topology.read-only-source")}</p>` : nothing}
  </div>`;
}

function following({ follows, lacks_count: lacks }) {
  const works = follows.receiving && follows.applying;
  return html`<p>${works ? badge("mood", follows.waiting || follows.seconds ? "behind" : "fine") : badge("mood", "down")}
    ${t("topology.follows", { source: follows.source })}
    ${follows.seconds === null ? nothing : html`· ${t("topology.late", { time: duration(follows.seconds) })}`}
    ${lacks === null ? nothing : html`· ${t("topology.lacks", { number: count(lacks) })}`}
    ${follows.error ? told(follows.error) : nothing}</p>`;
}

const stranger = (each) => html`<li><div class="card quiet-card"><b>server_id ${each.server_id}</b> <code>${each.address}</code>
  <p class="quiet">${each.address ? t("topology.not-asked") : t("topology.no-address")}</p></div></li>`;

const reader = (each) => html`<li><div class="card reader">
  <div class="head"><a data-step href="#/connectors/${encodeURIComponent(each.name)}">${each.name}</a> ${badge("state", each.state)}</div>
  ${each.problem ? html`<p class="problem">${told(each.problem)}</p>` : nothing}
  ${each.reads === each.configured ? nothing : html`<p class="quiet">${t("topology.through", { address: each.configured })}</p>`}
  ${each.lacks_count === null ? nothing : html`<p class="quiet">${t("topology.captured", { number: count(each.lacks_count) })}</p>`}
  ${each.lost ? html`<p class="problem">${t("topology.lost")} <code class="long">${gtids(each.lost)}</code></p>` : nothing}
</div></li>`;

// GTIDs as bars: a row each, a picture for each source of transactions

const WIDTH = 1000;
const LEAST = 5;

function bars({ sources }) {
  if (!sources.length) return html`<p class="empty">${t("topology.no-gtids-at-all")}</p>`;
  const scale = (each) => html`<label class="check"><input type="radio" name="scale" value=${each} .checked=${shown.scale === each}
    @change=${() => {
      shown.scale = each;
      redraw();
    }}>${t(`topology.scale.${each || "auto"}`)}</label>`;
  return html`<fieldset class="row"><legend>${t("topology.scale")}</legend>${["", "all", "end"].map(scale)}</fieldset>
    <p class="legend"><i class="has"></i>${t("topology.has")} <i class="purged"></i>${t("topology.purged")} <i class="late"></i>${t("topology.not-yet")} <i class="gap"></i>${t("topology.gap")}</p>
    ${sources.map(picture)}`;
}

function picture(source) {
  const { rows } = source;
  const ends = rows.filter((row) => row.has.length).map((row) => row.has.at(-1)[1]);
  const last = source.last;
  const differ = last - Math.min(...ends);
  const close = shown.scale === "end" || (!shown.scale && differ > 0 && differ / last < 0.02);
  const first = close ? Math.max(1, Math.min(...ends) - Math.max(20, differ * 2)) : 1;
  return html`<figure class="gtids"><figcaption>
      <code>${source.source}</code> ${source.of ? t("topology.written-by", { server: source.of }) : t("topology.written-by-nobody")}
    </figcaption>
    <div class="axis"><span>${count(first)}</span><span>${count(last)}</span></div>
    ${rows.map((row) => html`<div class="row">
      <span class="who">${row.kind === "server" ? html`<code>${row.name}</code>` : row.name}</span>
      ${drawing(row, first, last)}
      <span class="set">${words(row.has)}</span>
    </div>`)}</figure>`;
}

const words = (has) => (has.length ? has.slice(-3).map(([from, to]) => (from === to ? count(from) : `${count(from)}–${count(to)}`)).join(", ") : t("topology.nothing"));

function drawing({ name, has, purged, lost }, first, last) {
  const whole = last - first + 1;
  const place = (from, to, kind) => {
    const [begin, end] = [Math.max(from, first), Math.min(to, last)];
    if (end < begin) return nothing;
    const width = Math.max(LEAST, ((end - begin + 1) / whole) * WIDTH);
    const x = Math.min(WIDTH - width, ((begin - first) / whole) * WIDTH);
    return svg`<rect class=${kind} x=${x} y="0" width=${width} height="16" />`;
  };
  const holes = [];
  let next = 1;
  for (const [from, to] of has) {
    if (from > next) holes.push([next, from - 1]);
    next = to + 1;
  }
  // The end is what has not come yet; what lacks before it will not come by itself.
  const late = next <= last ? [[next, last]] : [];
  const lacks = [...holes, ...late];
  return html`<svg viewBox="0 0 ${WIDTH} 16" preserveAspectRatio="none" role="img" aria-label=${t("topology.bar", { name, has: words(has), lacks: words(lacks) })}>
    ${has.map(([from, to]) => place(from, to, "has"))}
    ${purged.map(([from, to]) => place(from, to, "purged"))}
    ${late.map(([from, to]) => place(from, to, "late"))}
    ${[...holes, ...lost].map(([from, to]) => place(from, to, "gap"))}
  </svg>`;
}

const texts = ({ servers, connectors }) => scrolled(t("topology.text"), html`<table><caption>${t("topology.text.caption")}</caption>
  <thead><tr><th scope="col">${t("topology.who")}</th><th scope="col">${t("topology.set")}</th><th scope="col">GTID</th></tr></thead>
  <tbody>
    ${servers.filter((each) => each.gtids).map((each) => html`
      <tr><th scope="row" rowspan="2"><code>${each.address}</code></th><td><code>gtid_executed</code></td><td><code class="long">${each.executed || "–"}</code></td></tr>
      <tr><td><code>gtid_purged</code></td><td><code class="long">${each.purged || "–"}</code></td></tr>`)}
    ${connectors.map((each) => html`<tr><th scope="row">${each.name}</th><td>${t("topology.captured-set")}</td><td><code class="long">${each.captured || "–"}</code></td></tr>`)}
  </tbody></table>`);
