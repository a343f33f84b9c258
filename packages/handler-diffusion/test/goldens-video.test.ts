import { describeGoldens } from './describe-goldens.js';

describeGoldens(['tiny-animatediff-onnx', 'tiny-ltx-video-onnx']);
