//! LLDP elements of IEEE 802.1 for data centre bridging (802.1Qaz, 802.1Qau, 802.1Qbb) and edge virtual
//! bridging (802.1Qbg).

use super::walk::{Names, Step, Walk, name, put};

const CONGESTION: u8 = 8;
const ETS_CONFIGURATION: u8 = 9;
const ETS_RECOMMENDATION: u8 = 10;
const FLOW_CONTROL: u8 = 11;
const APPLICATIONS: u8 = 12;
const EDGE: u8 = 13;
const CHANNELS: u8 = 14;

const EDGE_MODES: Names = &[
    (0, "Not Supported"),
    (1, "EVB Bridge"),
    (2, "EVB Station"),
    (3, "Reserved for future Standardization"),
];

impl Walk<'_> {
    /// An element of `size` captured bytes. Returns false if it is shown in hexadecimal.
    pub(super) fn lldp_bridging(&mut self, kind: u8, p: usize, size: usize) -> Step<bool> {
        let shortest = match kind {
            CONGESTION | FLOW_CONTROL => 6,
            ETS_CONFIGURATION | ETS_RECOMMENDATION => 25,
            APPLICATIONS => 5,
            EDGE => 9,
            CHANNELS => 8,
            _ => return Ok(false),
        };
        if size < shortest {
            return Ok(true);
        }
        match kind {
            CONGESTION => {
                self.put("\n\t    Pre-Priority CNPV Indicator");
                self.by_priority(self.u8(p + 4)?);
                self.put("\n\t    Pre-Priority Ready Indicator");
                self.by_priority(self.u8(p + 5)?);
            }
            ETS_CONFIGURATION => {
                let flags = self.u8(p + 4)?;
                let (willing, reserved, classes) = (flags >> 7, flags >> 3 & 7, flags & 7);
                // Both bits around it, and neither: so tcpdump prints it.
                let shaper = flags >> 6 & 2;
                put!(
                    self,
                    "\n\t    Willing:{willing}, CBS:{shaper}, RES:{reserved}, Max TCs:{classes}"
                );
                self.ets_tables(p)?;
            }
            ETS_RECOMMENDATION => {
                put!(self, "\n\t    RES: {}", self.u8(p + 4)?);
                self.ets_tables(p)?;
            }
            FLOW_CONTROL => {
                let flags = self.u8(p + 4)?;
                put!(
                    self,
                    "\n\t    Willing: {}, MBC: {}, RES: {}, PFC cap:{} \n\t    PFC Enable",
                    flags >> 7,
                    flags >> 6 & 1,
                    flags >> 4 & 3,
                    flags & 15
                );
                self.by_priority(self.u8(p + 5)?);
            }
            APPLICATIONS => self.lldp_applications(p, size)?,
            EDGE => self.edge_bridging(p)?,
            _ => self.edge_channels(p, size)?,
        }
        Ok(true)
    }

    /// A bit for each priority.
    fn by_priority(&mut self, bits: u8) {
        self.put("\n\t     Priority : 0  1  2  3  4  5  6  7\n\t     Value    : ");
        for priority in 0..8 {
            put!(self, "{:<2} ", bits >> priority & 1);
        }
    }

    /// The three tables of enhanced transmission selection.
    fn ets_tables(&mut self, p: usize) -> Step {
        const COLUMNS: &str = "0   1   2   3   4   5   6   7";
        let priorities: [u8; 4] = self.array(p + 5)?;
        let priorities = priorities.iter().flat_map(|pair| [pair >> 4, pair & 15]);
        put!(
            self,
            "\n\t    Priority Assignment Table\n\t     Priority : {COLUMNS}\n\t     Value    :"
        );
        self.ets_row(priorities);
        let bandwidths: [u8; 8] = self.array(p + 9)?;
        put!(
            self,
            "\n\t    TC Bandwidth Table\n\t     TC%   : {COLUMNS}\n\t     Value :"
        );
        self.ets_row(bandwidths);
        let algorithms: [u8; 8] = self.array(p + 17)?;
        put!(
            self,
            "\n\t    TSA Assignment Table\n\t     Traffic Class: {COLUMNS}\n\t     Value        :"
        );
        self.ets_row(algorithms);
        Ok(())
    }

    fn ets_row(&mut self, values: impl IntoIterator<Item = u8>) {
        for value in values {
            put!(self, " {value:<3}");
        }
    }

    fn lldp_applications(&mut self, p: usize, size: usize) -> Step {
        put!(self, "\n\t    RES: {}", self.u8(p + 4)?);
        let entries = size - 5;
        if entries == 0 || !entries.is_multiple_of(3) {
            return Ok(());
        }
        self.put("\n\t    Application Priority Table");
        for at in (p + 5..p + size).step_by(3) {
            let (priority, application) = (self.u8(at)?, self.u16(at + 1)?);
            put!(
                self,
                "\n\t      Priority: {}, RES: {}, Sel: {}, Protocol ID: {application}",
                priority >> 5,
                priority >> 3 & 3,
                priority & 7
            );
        }
        Ok(())
    }

    fn edge_bridging(&mut self, p: usize) -> Step {
        let [bridge, station, retries, mode, keep] = self.array(p + 4)?;
        put!(
            self,
            "\n\t    EVB Bridge Status\n\t      RES: {}, BGID: {}, RRCAP: {}, RRCTR: {}",
            bridge >> 3,
            bridge >> 2 & 1,
            bridge >> 1 & 1,
            bridge & 1
        );
        put!(
            self,
            "\n\t    EVB Station Status\n\t      RES: {}, SGID: {}, RRREQ: {},RRSTAT: {}",
            station >> 4,
            station >> 3 & 1,
            station >> 2 & 1,
            station & 3
        );
        let mode_name = name(EDGE_MODES, u32::from(mode >> 6)).unwrap_or("unknown");
        put!(
            self,
            "\n\t    R: {}, RTE: {}, EVB Mode: {mode_name} [{}]\n\t    ROL: {}, RWD: {}, ",
            retries >> 5,
            retries & 31,
            mode >> 6,
            mode >> 5 & 1,
            mode & 31
        );
        put!(
            self,
            "RES: {}, ROL: {}, RKA: {}",
            keep >> 6,
            keep >> 5 & 1,
            keep & 31
        );
        Ok(())
    }

    /// Channels between a station and its bridge (CDCP).
    fn edge_channels(&mut self, p: usize, size: usize) -> Step {
        let flags = self.u8(p + 4)?;
        put!(
            self,
            "\n\t    Role: {}, RES: {}, Scomp: {} ChnCap: {}",
            flags >> 7,
            flags >> 4 & 7,
            flags >> 3 & 1,
            self.u16(p + 6)? & 0xfff
        );
        if !(size - 8).is_multiple_of(3) {
            return Ok(());
        }
        for at in (p + 8..p + size).step_by(3) {
            let channel = self.u24(at)?;
            put!(
                self,
                "\n\t    SCID: {}, SVID: {}",
                channel >> 12,
                channel & 0xfff
            );
        }
        Ok(())
    }
}
