// A failover is planned here and seen whole; it is carried out by the command, in a terminal with a journal.
import { Refused, ask } from "../api.js";
import { html, nothing } from "../html.js";
import { code, of, problem, scrolled, told } from "../parts.js";
import { mayAct, redraw, value } from "../state.js";
import { t } from "../strings.js";

export const title = () => t("page.failover");
export const sources = () => ({ topology: { path: "/console/api/topology", every: 10_000 } });

const shown = { plan: null, asked: null, error: null, busy: false };

export const view = (_, poll) => html`
  <div class="head"><h1 tabindex="-1">${t("page.failover")}</h1></div>
  <p>${t("failover.about")}</p>
  ${mayAct() ? of("topology", form, () => poll.wake()) : html`<p class="note">${t("failover.operators")}</p>`}
  ${shown.error ? problem(shown.error) : nothing}
  ${shown.plan ? result(shown.plan, shown.asked) : nothing}`;

function form({ servers, connectors }) {
  const reachable = servers.filter((each) => !each.error);
  const source = servers.find((each) => servers.some((one) => one.follows?.source === each.address)) ?? servers[0];
  const candidate = reachable.find((each) => each.follows?.source === source?.address);
  const addresses = html`<datalist id="servers">${servers.map((each) => html`<option value=${each.address}></option>`)}</datalist>`;
  return html`<form class="form" @submit=${make}>
    ${addresses}
    <div class="pair">
      <label>${t("failover.source")}<input name="source" list="servers" required value=${source?.address ?? ""} spellcheck="false"></label>
      <label>${t("failover.candidate")}<input name="candidate" list="servers" required value=${candidate?.address ?? ""} spellcheck="false"></label>
    </div>
    <fieldset><legend>${t("failover.connectors")}</legend>${connectors.map((each) => html`<label class="check">
      <input type="checkbox" name="connector" value=${each.name} ?checked=${each.reads === source?.address}>${each.name} <code>${each.configured}</code></label>`)}</fieldset>
    <label class="check"><input type="checkbox" name="dead">${t("failover.dead")}</label>
    <details><summary>${t("failover.more")}</summary><div class="pair">
      <label>${t("failover.endpoint")}<input name="endpoint" placeholder="db.example:3306" spellcheck="false"></label>
      <label>${t("failover.replication-user")}<input name="replication_user" spellcheck="false"></label>
      <label>${t("failover.user")}<input name="user" autocomplete="off" spellcheck="false"></label>
      <label>${t("failover.password")}<input name="password" type="password" autocomplete="off"></label>
    </div><p class="quiet">${t("failover.login")}</p></details>
    <div class="buttons"><button class="first" aria-disabled=${shown.busy ? "true" : "false"}>${shown.busy ? t("asking") : t("failover.make")}</button></div>
  </form>`;
}

async function make(event) {
  event.preventDefault();
  if (shown.busy) return;
  const given = new FormData(event.target);
  const text = (name) => given.get(name) ?? "";
  const [source, candidate] = [text("source").trim(), text("candidate").trim()];
  const others = (value("topology")?.servers ?? []).filter((each) => each.follows?.source === source && each.address !== candidate);
  const asked = {
    source, candidate,
    replicas: others.map((each) => each.address),
    connectors: given.getAll("connector"),
    dead: given.has("dead"),
    endpoint: text("endpoint"), replication_user: text("replication_user"), user: text("user"), password: text("password"),
  };
  Object.assign(shown, { busy: true, plan: null, error: null });
  redraw();
  try {
    shown.plan = await ask("POST", "/console/api/failover/plan", asked);
    shown.asked = asked;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    shown.error = error;
  }
  shown.busy = false;
  redraw();
  document.getElementById("plan")?.focus();
}

const result = (found, asked) => html`<section aria-labelledby="plan">
  <h2 id="plan" tabindex="-1">${found.plan ? t(`failover.${found.plan.kind}`, { number: found.plan.steps.length }) : t("failover.refused")}</h2>
  ${found.refused.map((each) => html`<div class="problem" role="alert"><strong>${told(each.words)}</strong>
    ${each.gtids ? html`<p>GTID: <code class="long">${each.gtids}</code></p>` : nothing}<p>${told(each.hint)}</p></div>`)}
  ${sides(found.facts)}
  ${found.plan ? steps(found.plan, found.runbook, asked) : nothing}
</section>`;

function sides(facts) {
  const members = [facts.source, facts.candidate, ...facts.replicas, ...(facts.endpoint ? [facts.endpoint] : [])];
  const row = (name, of_) => html`<tr><th scope="row">${name}</th>${members.map((each) => html`<td>${each.error ? "–" : of_(each)}</td>`)}</tr>`;
  return scrolled(t("failover.sides"), html`<table><caption>${t("failover.sides")}</caption>
    <thead><tr><td></td>${members.map((each) => html`<th scope="col">${each.name}<br><code>${each.address}</code></th>`)}</tr></thead>
    <tbody>
      ${members.some((each) => each.error) ? html`<tr><th scope="row">${t("failover.away")}</th>${members.map((each) => html`<td>${told(each.error)}</td>`)}</tr>` : nothing}
      ${row(t("failover.writes"), (each) => html`<code>${each.super_read_only ? "super_read_only" : each.read_only ? "read_only" : t("failover.takes-writes")}</code>`)}
      ${row("file:position", (each) => html`<code>${each.file}:${each.position}</code>`)}
      ${row("gtid_executed", (each) => html`<code class="long">${each.executed || "–"}</code>`)}
      ${row("gtid_purged", (each) => html`<code class="long">${each.purged || "–"}</code>`)}
    </tbody></table>`);
}

const steps = (plan, runbook, asked) => html`
  ${plan.warnings.map((each) => html`<p class="note">${told(each)}</p>`)}
  <ol class="steps">${plan.steps.map((each) => html`<li class=${each.no_return ? "no-return" : ""}>
    <h3><code>${each.name}</code> ${told(each.title)} <span class="quiet">${t("failover.patience", { seconds: each.seconds })}</span></h3>
    ${[["before", each.before], ["act", each.act], ["after", each.after], ["undo", each.undo]].map(([which, parts]) =>
      parts?.length ? html`<p class="part"><span class="quiet">${t(`failover.${which}`)}</span> ${parts.map((part) => html`<span class="do">${wording(part)}</span>`)}</p>` : nothing)}
    ${each.no_return ? html`<p class="note"><strong>${t("failover.no-return")}</strong></p>` : nothing}
  </li>`)}</ol>
  <h3>${t("failover.run")}</h3>
  <p>${t("failover.run.note")}</p>
  ${code(command(asked), t("failover.run"))}
  <details><summary>${t("failover.runbook")}</summary>${code(runbook, t("failover.runbook"))}</details>`;

// A part of a step in a line.
function wording(part) {
  switch (part.is) {
    case "Sql": return html`<b>${part.server}</b> <code>${part.statements.join("; ")}</code>`;
    case "Rest": return html`<code>${part.method} ${part.path}${part.body ? ` ${part.body}` : ""}</code>`;
    case "Shell": return html`<code>${part.command}</code>`;
    case "Remember": return html`<b>${part.server}</b> ${part.name} = <code>${part.query}</code>`;
    case "RememberOffset": return html`${part.name} = ${t("failover.offset-of", { connector: part.connector })}`;
    default: return html`✓ ${told(part.words)}`;
  }
}

function command(asked) {
  const words = ["tailrace failover run", "--source '${env:SOURCE_DSN}'", "--candidate '${env:CANDIDATE_DSN}'"];
  words.push(...asked.replicas.map((_, at) => `--replica '\${env:REPLICA_${at + 1}_DSN}'`));
  words.push(...asked.connectors.map((each) => `--connector ${each}`));
  if (asked.dead) words.push("--dead");
  if (asked.endpoint) words.push(`--endpoint ${asked.endpoint}`);
  if (asked.replication_user) words.push(`--replication-user ${asked.replication_user}`);
  words.push(`--url ${location.origin}`);
  return words.join(" \\\n  ");
}

