// What links will carry: read when somebody looks at a later hour, asked of risk anew when it is out of date or nobody asked yet.
const WAIT_MS = 60_000;

export class FlowsAhead {
  // ``ask`` reads an address; ``changed`` is called when there is something else to show.
  constructor(root, ask, changed) {
    this.root = root;
    this.ask = ask;
    this.changed = changed;
    this.found = null;
    this.asked = "";
    this.askedAt = -Infinity;
    this.trouble = "";
    this.isBusy = false;
    this.isBehind = false;
  }

  get isKnown() {
    return this.found !== null && this.found.links.length > 0;
  }

  get isAwaited() {
    return this.asked !== "" && performance.now() - this.askedAt < WAIT_MS;
  }

  // One question at a time; what changes meanwhile is asked for once more afterwards.
  async refresh() {
    this.isBehind = this.isBusy;
    if (this.isBusy) return;
    this.isBusy = true;
    do await this.read();
    while (this.isBehind);
    this.isBusy = false;
    this.changed();
  }

  async read() {
    this.isBehind = false;
    try {
      const query = this.asked ? `&asked=${encodeURIComponent(this.asked)}` : "";
      this.found = await this.ask(this.root.dataset.flows + query);
      this.trouble = this.found.problem;
      if (!this.found.is_stale || this.trouble) this.asked = "";
      if (this.found.is_stale && !this.trouble && !this.isAwaited && this.root.dataset.mayAsk) await this.order();
    } catch (error) {
      this.trouble = `${error.message}`;
    }
  }

  async order() {
    this.askedAt = performance.now();
    const nonce = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const answer = await fetch(this.root.dataset.order, {
      method: "POST",
      headers: { "X-CSRF-Token": document.querySelector("meta[name=csrf]").content },
      body: new URLSearchParams({ nonce }),
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    this.asked = (await answer.json()).asked;
    setTimeout(this.changed, WAIT_MS); // nobody answered: then the words change
  }

  // By number of link what it takes in a day at an hour from now; null where that is not known.
  at(hour, links) {
    if (!hour || !this.isKnown) return null;
    const day = Math.max(0, Math.ceil((hour + this.found.age_h) / 24) - 1);
    const flows = new Map();
    for (const { link, days } of this.found.links) {
      const flow = days[Math.min(day, days.length - 1)];
      const share = links[link].normal > 0 ? flow / links[link].normal : null;
      flows.set(link, { link, flow, share, hindered: share !== null && !links[link].is_dormant && share < this.found.hindered_below });
    }
    return flows;
  }
}
