// How levels look on the map: the colours of console.css, the shapes of level_face.py, hatching for what is unknown.
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(`--${name}`).trim();

export const isChinese = document.documentElement.lang !== "en";
export const word = (zh, en) => (isChinese ? zh : en);

export const FACES = {
  normal: { colour: "#2f6b4b", tint: "#eef5f0", ink: "#ffffff", shape: "✓", zh: "正常", en: "normal", rank: 0 },
  blue: { colour: colour("blue"), tint: "#e3edff", ink: "#ffffff", shape: "●", zh: "蓝色", en: "blue", rank: 1 },
  yellow: { colour: colour("yellow"), tint: "#fff6cf", ink: "#16212b", shape: "▲", zh: "黄色", en: "yellow", rank: 2 },
  orange: { colour: colour("orange"), tint: "#ffe7cc", ink: "#16212b", shape: "◆", zh: "橙色", en: "orange", rank: 3 },
  red: { colour: colour("red"), tint: "#fbdcde", ink: "#ffffff", shape: "■", zh: "红色", en: "red", rank: 4 },
  unknown: { colour: "#4d5b67", tint: "#eef1f3", ink: "#16212b", shape: "？", zh: "情况不明", en: "unknown", rank: 5 },
  unjudged: { colour: "#8b96a0", tint: "#ffffff", ink: "#4d5b67", shape: "–", zh: "不单独研判", en: "not judged by itself", rank: -1 },
};

export const faceOf = (level) => FACES[level] || FACES.unknown;

export function hatching(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = "#eef1f3";
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = "#aab4bd";
  pen.lineWidth = 2;
  for (const shift of [-8, 0, 8]) {
    pen.beginPath();
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
    pen.stroke();
  }
  return context.createPattern(tile, "repeat");
}
