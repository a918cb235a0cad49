/** What is wrong with the settings, all of it at once. Never holds a value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "CONFIG_INVALID";
}

/** Reads settings, and keeps what is wrong with them until all are read. */
export interface SettingsReader {
  /** Trimmed; undefined when absent or empty. */
  optional(name: string): string | undefined;
  /** An absent one is noted, and read as "". */
  required(name: string): string;
  /** What `read` makes of a value; what it throws is noted, behind `name` where one is given. */
  usable<Value>(read: () => Value, name?: string): Value | undefined;
  /** Notes what is wrong. */
  refuse(problem: string): void;
  /** @throws {ConfigError} naming every setting that is missing or unusable in one message */
  check(): void;
}

/** The reader of a process's settings. */
export function settingsReader(environment: Readonly<Record<string, string | undefined>>): SettingsReader {
  const missing: string[] = [];
  const unusable = new Set<string>();
  const optional = (name: string) => environment[name]?.trim() || undefined;
  return {
    optional,
    required(name) {
      const value = optional(name);
      if (value === undefined) missing.push(name);
      return value ?? "";
    },
    usable(read, name) {
      try {
        return read();
      } catch (error) {
        unusable.add([name, (error as Error).message].filter(Boolean).join(": "));
        return undefined;
      }
    },
    refuse: (problem) => void unusable.add(problem),
    check() {
      if (missing.length === 0 && unusable.size === 0) return;
      const parts = missing.length > 0 ? [`missing settings: ${missing.join(", ")}`] : [];
      throw new ConfigError([...parts, ...unusable].join("; "));
    },
  };
}
