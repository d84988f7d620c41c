/** The title of the tab: what is shown, after the number of notices that are unread; the badge of the application says that too. */
let text = ''
let count = 0

const put = () => {
  document.title = count > 0 ? `(${count}) ${text}` : text
}

export function setTitle(shown: string): void {
  text = shown
  put()
}

export function setCount(unread: number): void {
  count = unread
  put()
  // Only for who has installed the page, and not in every browser.
  if ('setAppBadge' in navigator) navigator.setAppBadge(unread).catch(() => undefined)
}
