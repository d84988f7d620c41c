/** Finding and making elements. */

/** The element that must be there. @param {ParentNode} root @param {string} selector @returns {HTMLElement} */
export function element(root, selector) {
  const found = root.querySelector(selector)
  if (found instanceof HTMLElement) return found
  throw new Error(`The page has no ${selector}.`)
}

/** A copy of the one element in a template. @param {string} id */
export function fromTemplate(id) {
  const template = /** @type {HTMLTemplateElement} */ (element(document, `template#${id}`))
  const copy = template.content.firstElementChild?.cloneNode(true)
  if (copy instanceof HTMLElement) return copy
  throw new Error(`The template ${id} is empty.`)
}
