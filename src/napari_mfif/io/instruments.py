"""The names that instruments and their programs give to single planes: one declared table.

An entry is used only where it fits every name of a folder. The patterns are those of
`napari_mfif.io.patterns`; a part that is neither plane, channel nor time makes stacks of its own.
Those that are `plain` are read by their words (`napari_mfif.io.words`), and stand here for people.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["INSTRUMENTS", "Instrument"]


@dataclass(frozen=True)
class Instrument:
    """How an instrument names its files.

    Parameters
    ----------
    name : str
        The instrument or its program.
    pattern : str
        Of the names, without ending.
    example : str
        A name that fits.
    seen : str
        Where this naming is described or was seen.
    plain : bool
        Its words say what they mean: no entry is needed to read them.
    """

    name: str
    pattern: str
    example: str
    seen: str
    plain: bool = False


_ROWS = (
    (
        "Opera Phenix, Operetta (Harmony)",
        "r{row:##}c{column:##}f{field:##}p{z:##}<-ch{c:#}><sk{t:#}fk{_:#}fl{_:#}>",
        "r01c01f01p01-ch1sk1fk1fl1.tiff",
        "Harmony exports; documentation of ezstitcher",
    ),
    (
        "Operetta (Columbus)",
        "{row:3}{column:3}-{field:#}-{z:3}{t:3}{c:3}",
        "002003-1-001001001.tif",
        "Columbus: exports of Operetta",
    ),
    (
        "Yokogawa CV7000, CV8000 (CellVoyager)",
        "{plate}_{well:A##}_T{t:####}F{field:###}L{_:##}A{_:##}Z{z:##}C{c:##}",
        "Plate_B03_T0001F001L01A01Z01C01.tif",
        "Bio-Formats: CellVoyager",
    ),
    (
        "Yokogawa CQ1, CV1000",
        "W{well:#}F{field:###}T{t:####}Z{z:##}C{c:#}",
        "W0001F0001T0001Z001C1.tif",
        "exports of CQ1 and CV1000",
    ),
    (
        "Keyence BZ-X",
        "{sample}<_T{t:####}><_XY{xy:##}>_{tile:####}_Z{z:###}_CH{c:#}",
        "Image_00001_Z001_CH1.tif",
        "BZ-X Analyzer, original captures",
    ),
    (
        "IN Cell Analyzer",
        "{row:A} - {column:#}(fld {field:#}< wv {c}>< z {z:#}>< tm {t:#}>)",
        "A - 01(fld 1 wv DAPI - DAPI z 1).tif",
        "IN Cell 2000 and 6000",
    ),
    (
        "EVOS FL Auto 2",
        "{scan}_Plate_{mode:A}_p{plate:##}_z{z:##}_{t:#}_{well:A##}f{field:##}d{c:#}",
        "scan_Plate_R_p00_z00_0_A01f00d0.TIF",
        "Celleste exports",
    ),
    (
        "Cellomics ArrayScan, CellInsight",
        "{plate}_{well:A##}f{field:##}d{c:#}",
        "MFGTMP_140206180002_A01f00d0.TIF",
        "CellProfiler: metadata from file names",
    ),
    (
        "ImageXpress (MetaXpress), folders for time and z",
        "TimePoint_{t:#}/ZStep_{z:#}/<{plate}_>{well:A##}<_s{site:#}><_w{c:1}><{_:*-*-*-*-*}>",
        "TimePoint_1/ZStep_1/plate_B02_s1_w1.tif",
        "documentation of ezstitcher",
    ),
    (
        "ImageXpress (MetaXpress), folders for z",
        "ZStep_{z:#}/<{plate}_>{well:A##}<_s{site:#}><_w{c:1}><{_:*-*-*-*-*}>",
        "ZStep_1/plate_B02_s1_w1.tif",
        "documentation of ezstitcher and faim-hcs",
    ),
    (
        "ImageXpress (MetaXpress)",
        "<{plate}_>{well:A##}_s{site:#}_w{c:#}_z{z:#}<_t{t:#}>",
        "plate_A01_s1_w1_z1.tif",
        "documentation of ezstitcher",
        True,
    ),
    (
        "ImageXpress (MetaXpress), as it is stored",
        "<{plate}_>{well:A##}<_s{site:#}>_w{c:1}{_:*-*-*-*-*}",
        "plate_B02_s1_w1D4A9F3B2-1C2D-4E5F-8A9B-0C1D2E3F4A5B.tif",
        "CellProfiler: BBBC021 and others",
    ),
    (
        "MetaMorph, VisiView",
        "{sample}_w{c:#}{c:*}<_z{z:#}><_s{stage:#}><_z{z:#}><_t{t:#}>",
        "exp_w1DAPI_s1_t1.TIF",
        "MetaMorph multi-dimensional acquisition",
    ),
    (
        "Squid (Cephla)",
        "{region}_{fov:#}_{z:#}_{c:Fluorescence*|BF*|DF*|Brightfield*}",
        "A1_0_0_Fluorescence_488_nm_Ex.tiff",
        "Squid's readers",
    ),
    (
        "ThorImage LS",
        "Chan{c:A}_{well:###}_{tile:###}_{z:###}_{t:###}",
        "ChanA_001_001_001_001.tif",
        "ThorImageLS raw captures",
    ),
    (
        "Bruker Ultima (Prairie View), series of times",
        "{sample:TSeries*}_Cycle{cycle:#####}_Ch{c:#}_{t:######}",
        "TSeries-001_Cycle00001_Ch2_000001.ome.tif",
        "Prairie View",
    ),
    (
        "Bruker Ultima (Prairie View)",
        "{sample}_Cycle{cycle:#####}_Ch{c:#}_{z:######}",
        "ZSeries-001_Cycle00001_Ch2_000001.ome.tif",
        "Prairie View",
    ),
    (
        "NIS-Elements",
        "{sample}<t{t:#}>xy{xy:#}z{z:#}<c{c:#}>",
        "expt1xy1z01c1.tif",
        "NIS-Elements: export of an ND document",
    ),
    (
        "NIS-Elements, one position",
        "{sample:*}t{t:#}z{z:#}<c{c:#}>",
        "expt01z01c1.tif",
        "NIS-Elements: export of an ND document",
    ),
    (
        "ZEN, Celldiscoverer 7",
        "{sample}_<b{_:#}><t{t:#}><s{scene:#}><t{t:#}><m{tile:#}>z{z:#}<c{c:#}><_ORG>",
        "Exp_s1m1z1c1.tif",
        "ZEN: image export",
        True,
    ),
    (
        "Leica LAS X, LAS AF",
        "{series:Series*|Image *|TileScan*}<_t{t:#}><_s{stage:#}><_m{tile:#}><_t{t:#}>_z{z:#}"
        "<_ch{c:##}><_SV>",
        "Series001_t0_z0_ch00.tif",
        "LAS X: export",
    ),
    (
        "Leica MatrixScreener",
        "{_}--L{loop:##}--S{slide:##}--U{u:##}--V{v:##}--J{_:##}--E{_:##}--O{_:##}--X{x:##}--"
        "Y{y:##}--T{t:##}--Z{z:##}--C{c:##}",
        "I--L0000--S00--U00--V00--J08--E00--O00--X00--Y00--T0000--Z00--C00.ome.tif",
        "documentation of htmrenamer",
    ),
    (
        "Olympus FluoView",
        "{sample}_C{c:###}Z{z:###}<T{t:###}>",
        "s_C001Z001T001.tif",
        "folders .oif.files of FV1000",
        True,
    ),
    (
        "LaVision UltraMicroscope, tiles",
        "{sample}[{row:##} x {column:##}]<_C{c:##}>_{_}Z{z:####}<_{_}>",
        "10-20-30_brain_UltraII[00 x 01]_C00_xyz-Table Z0000.ome.tif",
        "ImSpector",
    ),
    (
        "LaVision UltraMicroscope",
        "{sample}_C{c:##}_{_:xyz-Table *}Z{z:####}<_{_}>",
        "10-20-30_brain_UltraII_C00_xyz-Table Z0000.ome.tif",
        "ImSpector",
    ),
    (
        "Micro-Manager 1.4, a file per image",
        "img_{t:9}_<{c}>_{z:3}",
        "img_000000000_DAPI_000.tif",
        "Micro-Manager: separate image files",
    ),
    (
        "Micro-Manager 2, a file per image",
        "img_channel{c}_position{position:*}_time{t:9}_z{z:3}",
        "img_channel000_position000_time000000000_z000.tif",
        "Micro-Manager: separate image files",
    ),
    (
        "scanR",
        "{_}--W{well:#####}--P{position:#####}--Z{z:#####}--T{t:#####}--{c}",
        "A1--W00001--P00001--Z00000--T00000--DAPI.tif",
        "scanR acquisition",
    ),
    (
        "Cytation, Lionheart (Gen5)",
        "{well:A#}_{read:#}_{_:#}_{field:#}<Z{z:#}>_{c}_{t:###}",
        "A1_01_1_1Z0_DAPI_001.tif",
        "Bio-Formats: BioTek",
    ),
    (
        "Acquifer IM",
        "<WE{_:#}-->-{well:A###}--PO{subposition:##}--LO{loop:###}--CO{c:#}--SL{z:###}--{_}",
        "-A002--PO01--LO001--CO6--SL001--PX32500--PW0080--IN0020--TM281--X023590--Y011262--"
        "Z211710--T0200262822--WE00002.tif",
        "examples of Acquifer for Fiji",
    ),
    (
        "Andor iQ, Fusion",
        "{sample}<_f{field:####}><_m{field:####}><_t{t:####}>_z{z:####}<_w{c:####}><_c{c:####}>",
        "exp_f0000_t0000_z0000_w0000.tif",
        "Andor iQ: export",
        True,
    ),
    (
        "SlideBook",
        "{capture}_XY{xy:#}_Z{z:##}_T{t:##}_C{c:#}",
        "Capture 1_XY1700000000_Z00_T000_C0.tif",
        "SlideBook: export as TIFF",
        True,
    ),
    (
        "SiMView",
        "SPM{specimen:##}_TM{t:###}_ANG{angle:###}_CM{camera:#}_CHN{c:##}_PH{_:#}_PLN{z:####}",
        "SPM00_TM000000_ANG000_CM0_CHN00_PH0_PLN0001.tif",
        "documentation of Keller lab block filetype and BigDataViewer",
    ),
    (
        "Incucyte",
        "{vessel}_{well:A#}_{image:#}_{t:##}d{t:##}h{t:##}m",
        "VID100_A1_1_00d00h00m.tif",
        "Incucyte: stored pictures",
    ),
)

INSTRUMENTS = tuple(Instrument(*row) for row in _ROWS)
