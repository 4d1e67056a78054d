import '../ui/ui.css';
import '../ui/panel.css';
import { render } from 'lit';
import type { AttentionPanelHost, InspectionPanelView } from '../../src/protocol/inspectionPanel';
import { HeatMap } from '../plot/heatMap';
import { HeatMapLegend } from '../plot/heatMapLegend';
import { HeatMapThumbnail } from '../plot/heatMapThumbnail';
import { Picture } from '../plot/picture';
import { connectToHost } from '../ui/connection';
import { PopupMenu } from '../ui/popupMenu';
import { SearchBox } from '../ui/searchBox';
import { provideOpposite } from '../ui/theme';
import { registerToolkit } from '../ui/toolkit';
import { AttentionPage } from './attentionPage';

registerToolkit();
customElements.define('recsight-menu', PopupMenu);
customElements.define('recsight-search-box', SearchBox);
customElements.define('recsight-heat-map', HeatMap);
customElements.define('recsight-heat-thumbnail', HeatMapThumbnail);
customElements.define('recsight-heat-legend', HeatMapLegend);
customElements.define('recsight-picture', Picture);

const view: InspectionPanelView = {
  runsChanged: (runs) => page.runsChanged(runs),
  focus: (focus) => page.show(focus),
  progress: (task, progress) => page.progress(task, progress),
};
const connection = connectToHost<AttentionPanelHost>(view);
provideOpposite(document.getElementById('app')!);
const page = new AttentionPage(connection, document.getElementById('app')!, render);
page.start();
