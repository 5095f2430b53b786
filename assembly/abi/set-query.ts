/** Flags of a rule's query to a set. */
export const SET_QUERY_RETURN_NOMATCH = 1;
export const SET_QUERY_KEEP_COUNTERS = 2;
export const SET_QUERY_KEEP_SUBCOUNTERS = 4;
export const SET_QUERY_EXIST = 8;
export const SET_QUERY_MAP_MARK = 16;
export const SET_QUERY_MAP_PRIORITY = 32;
export const SET_QUERY_MAP_QUEUE = 64;

/** How the packet and byte counters of the element are compared. */
export enum SetCompare {
  None = 0,
  Equal = 1,
  NotEqual = 2,
  Less = 3,
  Greater = 4,
}
