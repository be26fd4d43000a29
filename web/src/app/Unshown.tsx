/** In the place of a room that did not come or broke: a browser keeps both in mind, so that only a new page helps. */

import { Component, type ReactNode } from "react";
import { UNREACHABLE } from "../api/http";
import { readStatus } from "../api/status";
import { Failure } from "../parts/Failure";

const SENTENCE = "This room could not be shown. Trying again loads the whole page.";

type Props = { children: ReactNode; reload?: () => void };

export class Unshown extends Component<Props, { sentence: string }> {
  override state = { sentence: "" };

  static getDerivedStateFromError() {
    return { sentence: SENTENCE };
  }

  private again = async () => {
    try {
      await readStatus();
    } catch {
      // This sentence is asked about again by itself.
      return this.setState({ sentence: UNREACHABLE });
    }
    (this.props.reload ?? (() => location.reload()))();
  };

  override render() {
    if (!this.state.sentence) return this.props.children;
    return <Failure sentence={this.state.sentence} again={this.again} />;
  }
}
