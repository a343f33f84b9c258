import { describeGoldens } from './describe-goldens.js';

describeGoldens(['tiny-sdxl-onnx', 'tiny-sdxl-lcm-onnx']);
