import { Presets, SingleBar } from "cli-progress";
import { byteText } from "./output.js";
import type { Terminal } from "./terminal.js";

/** How far a phase is, in bytes and things. */
export interface Steps {
  done: number;
  total: number;
  bytes?: number;
}

export interface Progress {
  update(steps: Steps): void;
  end(): void;
}

/** A bar with rate and time left where a person looks; elsewhere one plain line when the phase ends. */
export function startProgress(terminal: Terminal, phase: string, things: string): Progress {
  const started = terminal.now().getTime();
  let last: Steps = { done: 0, total: 0 };
  const rate = (): string => {
    const seconds = Math.max(0.001, (terminal.now().getTime() - started) / 1000);
    const bytes = last.bytes === undefined ? "" : `, ${byteText(last.bytes / seconds)}/s`;
    return `${Math.round(last.done / seconds).toLocaleString("en-US")} ${things}/s${bytes}`;
  };
  if (!terminal.interactive) {
    return {
      update: (steps) => {
        last = steps;
      },
      end: () => {
        if (last.total > 0) terminal.note(`${phase}: ${last.done} of ${last.total} ${things}, ${rate()}\n`);
      },
    };
  }
  const bar = new SingleBar(
    {
      format: `${phase} {bar} {percentage}% | {value}/{total} ${things} | {rate} | {eta_formatted} left`,
      hideCursor: true,
      clearOnComplete: true,
      fps: 5,
    },
    Presets.shades_classic,
  );
  bar.start(1, 0, { rate: "" });
  return {
    update: (steps) => {
      last = steps;
      bar.setTotal(Math.max(1, steps.total));
      bar.update(steps.done, { rate: rate() });
    },
    end: () => bar.stop(),
  };
}
