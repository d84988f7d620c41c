/** Lets a page stall the thread of its worker: to all others that is a frozen one. */
addEventListener('message', (event) => {
  const { stall } = event.data
  if (stall === undefined) return
  event.stopImmediatePropagation()
  const end = Date.now() + stall
  while (Date.now() < end);
})
