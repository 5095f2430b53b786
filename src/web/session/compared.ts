/** What only a comparison needs: loaded with the first one. */
export { compareNodes } from "../../compare/compare.ts";
export { serviceCosts } from "../../compare/service-costs.ts";
