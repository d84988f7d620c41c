/** The application's own work on messages: a sum of every hundred. */
export default () => {
  let sum = 0
  let count = 0
  return (/** @type {{ data: number }} */ { data }) => {
    sum += data
    if (++count % 100 > 0) return undefined
    const result = sum
    sum = 0
    return result
  }
}
