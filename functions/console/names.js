// The names that the operator gives to voices: they stay in this browser, under one key of its storage.

const PLACE = "speaker-recognition-names";

/** Names by id. */
export function readNames() {
  try {
    return JSON.parse(localStorage.getItem(PLACE)) ?? {};
  } catch {
    return {};
  }
}

/** Keep a name, or forget it where it is empty; all names as they are then, also those of other windows. */
export function keepName(id, name) {
  const { [id]: _, ...others } = readNames();
  const names = name ? { ...others, [id]: name } : others;
  try {
    localStorage.setItem(PLACE, JSON.stringify(names));
  } catch {
    // A browser that stores nothing: the names last as long as the page.
  }
  return names;
}
