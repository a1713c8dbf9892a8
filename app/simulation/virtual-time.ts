/** A clock that jumps from event to event. Nothing in a history waits for anything else. */
export class VirtualTime {
  #now: number;
  #sequence = 0;
  readonly #queue: Event[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  /** Epoch milliseconds. */
  readonly now = (): number => this.#now;

  /** Two events of one instant come in the order in which they were set. */
  at(time: number, action: () => void): void {
    push(this.#queue, { time: Math.max(time, this.#now), sequence: this.#sequence++, action });
  }

  after(milliseconds: number, action: () => void): void {
    this.at(this.#now + milliseconds, action);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Event by event until `isOver`, or until `limit` (epoch milliseconds) has come. Whether it was over in time. */
  async run(isOver: () => boolean, limit: number): Promise<boolean> {
    await settle();
    while (!isOver()) {
      const event = pop(this.#queue);
      if (!event || event.time > limit) return false;
      this.#now = event.time;
      event.action();
      await settle();
    }
    return true;
  }
}

interface Event {
  readonly time: number;
  readonly sequence: number;
  readonly action: () => void;
}

/** Everything that awaits a promise of this instant goes on before time does: the turn of an event loop comes after all microtasks. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(one: Event, other: Event): boolean {
  return one.time < other.time || (one.time === other.time && one.sequence < other.sequence);
}

/** A binary heap: histories have thousands of events. */
function push(heap: Event[], event: Event): void {
  let index = heap.push(event) - 1;
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above];
    if (!parent || isBefore(parent, event)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = event;
}

function pop(heap: Event[]): Event | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (heap.length === 0 || !last) return first;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const [one, other] = [heap[left], heap[left + 1]];
    const [child, below] = other && one && isBefore(other, one) ? [other, left + 1] : [one, left];
    if (!child || isBefore(last, child)) break;
    heap[index] = child;
    index = below;
  }
  heap[index] = last;
  return first;
}
