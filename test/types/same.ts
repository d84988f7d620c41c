/** Says that two types are the same: neither a part of the other, nor `any`. */
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false

export function same<One, Other>(..._yes: Same<One, Other> extends true ? [] : [never]): void {}
