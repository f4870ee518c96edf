import { ColdtrailError } from "../errors.js";
import type { GivenParameters } from "../queries/index.js";

/** Reads `name=value` texts. */
export function givenParameters(texts: string[]): GivenParameters {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf("=");
      if (equals < 1) throw new ColdtrailError("usage", `--param ${text}: write it as name=value`);
      return [text.slice(0, equals).replaceAll("-", "_"), text.slice(equals + 1)];
    }),
  );
}
