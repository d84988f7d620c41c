/** The sign of the house: a wire, and a position on it. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 44 24" aria-hidden="true">
      <path d="M1 17c9 0 8-11 16-11s8 11 26 5" />
      <circle cx="17" cy="6" r="4" />
    </svg>
  )
}
