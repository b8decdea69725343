// @ts-check
/** The boxes to review, and the user's list of false detections. */

/** @typedef {{ name: string, href: string, width: number, height: number,
 *    photographer: string, page: string }} Photo */

/**
 * Why a box was rejected; see faces/table.py. Empty if it was kept.
 *
 * @typedef {"" | "excluded" | "low_score" | "low_contrast" | "blurred" | "overlap"
 *   | "duplicate"} Rejection
 */

/**
 * A box: the index of its photo, its place, its measures, why it was rejected, the same
 * in words, and the index of the face that it duplicates, or -1.
 *
 * @typedef {[photo: number, x: number, y: number, width: number, height: number,
 *   score: number, contrast: number, sharpness: number, rejection: Rejection,
 *   reason: string, duplicateOf: number]} FaceRow
 */

/**
 * The data that curation/review_page.py writes into the page. Crops are WebP images in
 * Base64.
 *
 * @typedef {object} ReviewData
 * @property {string} list_path
 * @property {[text: string, faces: number[]][]} list_lines The lines of the list, each
 *   with the faces of this page that it excludes.
 * @property {string} list_header First line of a new list.
 * @property {string[]} entries The line that excludes it, for each face.
 * @property {string} summary
 * @property {string} duplicates_summary
 * @property {Photo[]} photos
 * @property {FaceRow[]} faces
 * @property {string[]} crops One for each face.
 * @property {{ photo: number, duplicate_of: string, crop: string,
 *   original_crop: string }[]} duplicates Photos that were dropped.
 */

/**
 * A box of the detector; the user can mark it.
 *
 * @typedef {object} Face
 * @property {"face"} kind
 * @property {number} number
 * @property {number} photoNumber
 * @property {Photo} photo
 * @property {string} line The name of the face: photo x y width height.
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {number} score
 * @property {number} contrast
 * @property {number} sharpness
 * @property {Rejection} rejection
 * @property {string} reason The rejection in words.
 * @property {string} crop
 * @property {string | undefined} originalCrop Of the face that it duplicates.
 */

/**
 * A photo that was dropped as a near-duplicate of another.
 *
 * @typedef {object} DuplicatePhoto
 * @property {"photo"} kind
 * @property {number} photoNumber
 * @property {Photo} photo
 * @property {string} duplicateOf
 * @property {string} crop
 * @property {string} originalCrop
 */

/** @typedef {Face | DuplicatePhoto} Item */

/**
 * @param {ReviewData} data
 * @returns {Face[]}
 */
export function readFaces({ faces, photos, crops }) {
  return faces.map((row, number) => {
    const [photoNumber, x, y, width, height, score, contrast, sharpness, rejection,
      reason, original] = row;
    const photo = photos[photoNumber];
    return { kind: "face", number, photoNumber, photo, x, y, width, height, score,
      contrast, sharpness, rejection, reason,
      line: [photo.name, x, y, width, height].join(" "),
      crop: crops[number], originalCrop: crops[original] };
  });
}

/**
 * @param {ReviewData} data
 * @returns {DuplicatePhoto[]}
 */
export function readDuplicates({ duplicates, photos }) {
  return duplicates.map((row) => ({ kind: "photo", photoNumber: row.photo,
    photo: photos[row.photo], duplicateOf: row.duplicate_of, crop: row.crop,
    originalCrop: row.original_crop }));
}

/** The list of false detections, and the user's changes of it. */
export class ExclusionList {
  /** @param {ReviewData} data */
  constructor(data) {
    this.lines = data.list_lines;
    this.header = data.list_header;
    this.entries = data.entries;
    /** Numbers of this page's faces in the saved list. */
    this.saved = new Set(this.lines.flatMap(([, faces]) => faces));
    this.marked = new Set(this.saved);
  }

  /** @param {Item} item */
  has(item) {
    return item.kind === "face" && this.marked.has(item.number);
  }

  /** @param {Face} face */
  toggle({ number }) {
    if (!this.marked.delete(number)) this.marked.add(number);
  }

  get added() {
    return [...this.marked].filter((number) => !this.saved.has(number));
  }

  get removed() {
    return [...this.saved].filter((number) => !this.marked.has(number));
  }

  get changes() {
    return this.added.length + this.removed.length;
  }

  /** Return the lines of the changed list; lines that aren't of this page stay. */
  changedLines() {
    const kept = this.lines.filter(([, faces]) =>
      faces.every((number) => this.marked.has(number)));
    const listed = new Set(kept.flatMap(([, faces]) => faces));
    const added = [...this.marked].filter((number) => !listed.has(number));
    /** @type {ReviewData["list_lines"]} */
    const header = kept.length ? [] : [[this.header, []]];
    return [...header, ...kept,
      ...added.map((number) => /** @type {[string, number[]]} */ (
        [this.entries[number], [number]]))];
  }

  /** Return the changed list as text. */
  changedText() {
    return this.changedLines().map(([text]) => `${text}\n`).join("");
  }

  /** Take the changes as saved. */
  commit() {
    this.lines = this.changedLines();
    this.saved = new Set(this.marked);
  }
}
