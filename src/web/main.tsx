import { render } from "preact";
import { App } from "./app.tsx";
import "./style/page.css";
import "./style/packets.css";
import "./style/map.css";
import "./style/detail.css";
import "./style/compare.css";
import "./style/paths.css";
import "./style/narrow.css";

render(<App />, document.getElementById("app")!);
