// How far a connector is behind, hop by hop, and how soon what it needs may be purged.
import { consolePath } from "../api.js";
import { bytes, count, duration } from "../format.js";
import { html, nothing } from "../html.js";
import { badge, facts, of, told } from "../parts.js";
import { t, word } from "../strings.js";

export const sources = (route) => ({ lag: { path: consolePath(route.name, "/lag"), every: 3000 } });

export const view = (_, poll) => of("lag", page, () => poll.wake());

const page = (found) => html`
  <section><h2>${t("lag.way")}</h2>
    <ol class="hops">${found.hops.map(hop)}</ol>
  </section>
  <section><h2>${t("lag.purge")}</h2>
    <p>${told(found.purge.meaning)}</p>
    ${facts([
      [t("lag.to-purge"), bytes(found.purge.bytes)],
      [t("lag.purged-in"), duration(found.purge.seconds)],
      [t("lag.write-rate"), found.write_rate === null ? t("unknown") : t("per-second", { value: bytes(found.write_rate) })],
      [t("lag.catch-up"), found.catch_up === null ? t("unknown") : duration(found.catch_up)],
    ])}
  </section>
  ${found.missing.length ? html`<section><h2>${t("lag.missing")}</h2><ul>${found.missing.map((each) => html`<li>${told(each)}</li>`)}</ul></section>` : nothing}`;

function named(name) {
  const replica = / → replica$/;
  return replica.test(name) ? t("lag.to-replica", { source: name.replace(replica, "") }) : word("hop", name);
}

const hop = (each) => html`<li class="hop">
  <h3>${named(each.name)} ${badge("mood", each.mood)}</h3>
  <p class="big">${duration(each.seconds)}</p>
  ${facts([[t("lag.bytes"), bytes(each.bytes)], [t("lag.gtids"), count(each.transactions)]])}
  <p>${told(each.meaning)}</p>
</li>`;
